"""What an agent reports with its heartbeats, until it has arrived."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from ..errors import ApiError
from ..transport.registry_api import HeartbeatReport


@dataclass(eq=False)
class Delivery:
    """A report in flight."""

    #: The values that have not arrived yet.
    report: HeartbeatReport
    #: Number of the last report that it includes.
    sequence: int
    #: False if it overlapped with another call: the registry may have received them in any order.
    is_exclusive: bool = True


@dataclass(eq=False)
class _Waiter:
    sequence: int
    future: Future[None] = field(default_factory=Future[None])


class AgentReport:
    """The status and load that an agent last reported.

    Until they are known to have arrived, they are sent with every heartbeat and registration. Threads may
    share it.
    """

    def __init__(self, initial: HeartbeatReport) -> None:
        self._lock = threading.Lock()
        self._last = initial
        self._arrived = initial
        self._unsent: HeartbeatReport = {}
        self._sequence = 0
        self._in_flight: set[Delivery] = set()
        self._waiters: list[_Waiter] = []

    @property
    def last(self) -> HeartbeatReport:
        """The last reported values."""
        return self._last

    @property
    def must_repeat(self) -> bool:
        """Whether some values are not known to have arrived, and none is in flight."""
        with self._lock:
            return bool(self._unsent) and not self._in_flight

    def record(self, report: HeartbeatReport) -> int:
        """Records a report over the previous one. Returns its number."""
        with self._lock:
            self._last = _merge(self._last, report)
            self._unsent = _merge(self._unsent, report)
            self._sequence += 1
            return self._sequence

    def send(self) -> Delivery:
        """Starts to send what has not arrived, as a heartbeat does."""
        with self._lock:
            return self._begin(self._unsent)

    def send_all(self) -> Delivery:
        """Starts to send all values, as a registration does."""
        with self._lock:
            return self._begin(self._last)

    def end(self, delivery: Delivery, has_arrived: bool) -> None:
        """Called once, when the call has ended."""
        with self._lock:
            self._in_flight.discard(delivery)
            if not has_arrived or not delivery.is_exclusive:
                return
            self._arrived = _merge(self._arrived, delivery.report)
            self._unsent = _without(self._unsent, delivery.report)
            arrived = [
                it for it in self._waiters if it.sequence <= delivery.sequence or not self._unsent
            ]
            self._waiters = [it for it in self._waiters if it not in arrived]
        for waiter in arrived:
            waiter.future.set_result(None)

    def settle(self, number: int) -> None:
        """Records that all reports up to a number have arrived, with calls of another process."""
        with self._lock:
            if number == self._sequence:
                self._arrived = self._last
                self._unsent = {}
            arrived = [it for it in self._waiters if it.sequence <= number]
            self._waiters = [it for it in self._waiters if it not in arrived]
        for waiter in arrived:
            waiter.future.set_result(None)

    def roll_back(self, rejection: Exception) -> None:
        """Restores the last accepted values after a rejection, and fails all waiters."""
        with self._lock:
            self._last = self._arrived
            self._unsent = {}
        self.abandon(rejection)

    def delivered(self, sequence: int) -> Future[None]:
        """Completes when all reports up to a number have arrived; fails if they are abandoned."""
        waiter = _Waiter(sequence)
        with self._lock:
            self._waiters.append(waiter)
        return waiter.future

    def abandon(self, reason: Exception) -> None:
        """Fails all waiters: no more reports are sent."""
        with self._lock:
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.future.set_exception(reason)

    def _begin(self, report: HeartbeatReport) -> Delivery:
        delivery = Delivery(report, self._sequence)
        if report:
            for other in self._in_flight:
                other.is_exclusive = False
                delivery.is_exclusive = False
            self._in_flight.add(delivery)
        return delivery


def report_of(status: object, load: object) -> HeartbeatReport:
    """Returns a report without the values that are None."""
    given = {"status": status, "load": load}
    report: HeartbeatReport = {}
    report.update({name: it for name, it in given.items() if it is not None})  # type: ignore[typeddict-item]
    return report


def is_rejected_report(error: Exception) -> bool:
    """Whether the registry rejects the report itself: every heartbeat that repeats it would fail."""
    return isinstance(error, ApiError) and error.status == 422


def _merge(previous: HeartbeatReport, update: HeartbeatReport) -> HeartbeatReport:
    return {**previous, **update}


def _without(report: HeartbeatReport, arrived: HeartbeatReport) -> HeartbeatReport:
    """Removes the values that arrived; one that changed while the report was in flight stays."""
    rest = report.copy()
    if "status" in rest and rest["status"] == arrived.get("status"):
        del rest["status"]
    if "load" in rest and rest["load"] == arrived.get("load"):
        del rest["load"]
    return rest
