"""Keeps an agent, or a group of agents, registered."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

from ..errors import is_api_error
from ..runtime.runtime import BackgroundTask, Runtime
from .backoff import MIN_DELAY_SECONDS, retry_delay_seconds
from .schedule import HeartbeatSchedule, interval_in_force

#: Jitter as a share of the interval, so that the heartbeats of a fleet do not synchronize.
_JITTER = 0.1
#: Latest time of the next heartbeat, as a share of the TTL.
_MAX_TTL_SHARE = 0.95


@dataclass(frozen=True)
class LoopActions:
    """What the loop does, and what it reports."""

    #: Sends a heartbeat. Raises ``AGENT_NOT_FOUND`` if the agent has to register again.
    send_heartbeat: Callable[[], Awaitable[HeartbeatSchedule]]
    #: Registers the agent with its current properties.
    register: Callable[[], Awaitable[HeartbeatSchedule]]
    failed: Callable[[Exception], None]
    lost: Callable[[], None]
    reregistered: Callable[[], None]
    #: With the number of failures, and the length of the outage in seconds.
    recovered: Callable[[int, float], None]
    #: Called if the loop ends although it was not stopped: the event loop is being closed.
    cancelled: Callable[[], Awaitable[None]]


class HeartbeatLoop:
    """Sends periodic heartbeats, never two at a time.

    After a failure it retries with exponential backoff and jitter, up to a third of the TTL. Registers
    the agent again if the registry does not know it.
    """

    def __init__(
        self,
        runtime: Runtime,
        actions: LoopActions,
        *,
        ttl_seconds: float,
        interval_seconds: float | None,
        asked_interval_seconds: float | None = None,
        name: str,
    ) -> None:
        """``asked_interval_seconds`` is that of the registry, which has answered the registration."""
        self._runtime = runtime
        self._actions = actions
        self._name = name
        self._own_interval = interval_seconds
        self._ttl = ttl_seconds
        interval = interval_in_force(
            own_seconds=interval_seconds,
            asked_seconds=asked_interval_seconds,
            ttl_seconds=ttl_seconds,
        )
        self._interval = interval or ttl_seconds / 3
        self._wake = runtime.flag()
        self._is_stopped = False
        self._is_sending = False
        self._is_cleaning_up = False
        self._failures = 0
        self._failed_since = 0.0
        self._is_lost = False
        self._pid = os.getpid()
        self._task: BackgroundTask | None = None

    @property
    def ttl_seconds(self) -> float:
        """Lease duration in seconds, as last reported by the registry."""
        return self._ttl

    def start(self) -> None:
        """Schedules the first heartbeat after one interval: the agent has just registered."""
        self._task = self._runtime.start(self._run, self._name)

    def send_now(self) -> None:
        """Sends the next heartbeat now, unless one is in flight."""
        if not self._is_sending:
            self._wake.set()

    async def stop(self, timeout_seconds: float | None = None) -> None:
        """Stops the loop and waits until it has ended, at most for this time."""
        self.request_stop()
        if self._task is not None:
            # Cancelled a second time, it would not finish cleaning up.
            if not self._is_cleaning_up:
                self._task.cancel()
            try:
                await self._runtime.wait(self._task.done, timeout_seconds)
            except FutureTimeout:
                return
            self._task.join()

    def request_stop(self) -> None:
        """Stops the loop without waiting for it. Safe to call from the loop itself."""
        self._is_stopped = True
        self._wake.set()

    async def _run(self) -> None:
        delay = self._jittered(self._interval)
        try:
            while True:
                await self._sleep(max(MIN_DELAY_SECONDS, delay))
                if self._is_over:
                    return
                self._is_sending = True
                delay = await self._renew()
                self._is_sending = False
        finally:
            if not self._is_over:
                self._is_cleaning_up = True
                await self._actions.cancelled()

    async def _sleep(self, seconds: float) -> None:
        if await self._wake.wait(seconds):
            self._wake.clear()
            if not self._is_over:
                await self._wake.wait(MIN_DELAY_SECONDS)

    @property
    def _is_over(self) -> bool:
        # A forked process has a copy of the loop, which must not go on.
        return self._is_stopped or self._pid != os.getpid()

    async def _renew(self) -> float:
        """Returns the delay until the next heartbeat in seconds."""
        started_at = self._runtime.now()
        try:
            schedule = await self._heartbeat_or_register()
        except Exception as error:
            if self._is_over:
                return 0
            if self._failures == 0:
                self._failed_since = started_at
            self._failures += 1
            self._actions.failed(error)
            return retry_delay_seconds(
                error,
                failures=self._failures,
                max_seconds=self._ttl / 3,
                random=self._runtime.random(),
            )
        self._apply(schedule)
        self._succeeded()
        return self._jittered(self._interval) - (self._runtime.now() - started_at)

    async def _heartbeat_or_register(self) -> HeartbeatSchedule:
        """Sends a heartbeat, or a registration while the registry does not know the agent."""
        if not self._is_lost:
            try:
                return await self._actions.send_heartbeat()
            except Exception as error:
                if not is_api_error(error, "AGENT_NOT_FOUND") or self._is_over:
                    raise
                self._is_lost = True
                self._actions.lost()
        return await self._actions.register()

    def _apply(self, schedule: HeartbeatSchedule) -> None:
        """Values missing from the response stay unchanged."""
        if schedule.ttl_seconds is not None:
            self._ttl = schedule.ttl_seconds
        interval = interval_in_force(
            own_seconds=self._own_interval,
            asked_seconds=schedule.interval_seconds,
            ttl_seconds=self._ttl,
        )
        if interval is not None:
            self._interval = interval
        elif schedule.ttl_seconds is not None:
            self._interval = self._ttl / 3

    def _succeeded(self) -> None:
        failures, self._failures = self._failures, 0
        if self._is_lost:
            self._is_lost = False
            self._actions.reregistered()
        if failures > 0:
            self._actions.recovered(failures, self._runtime.now() - self._failed_since)

    def _jittered(self, seconds: float) -> float:
        jittered = seconds * (1 + _JITTER * (2 * self._runtime.random() - 1))
        return min(jittered, _MAX_TTL_SHARE * self._ttl)
