"""What sends the heartbeats of an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..runtime.runtime import Runtime
from ..transport.registry_api import HeartbeatReport
from .heartbeat_loop import HeartbeatLoop


class HeartbeatSender(Protocol):
    """Sends the heartbeats of one agent, from this process or another one."""

    @property
    def is_running(self) -> bool:
        """Whether another heartbeat follows, which repeats what has not arrived."""
        ...

    async def prepare(self, runtime: Runtime) -> None:
        """Gets ready before the agent joins."""
        ...

    def start(self) -> None:
        """Starts when the agent has registered. Idempotent."""
        ...

    def recorded(self, number: int, report: HeartbeatReport) -> None:
        """Called for each report of the agent."""
        ...

    def send_now(self) -> None:
        """Sends the next heartbeat now."""
        ...

    def request_stop(self) -> None:
        """Stops without waiting."""
        ...

    async def stop(self, timeout_seconds: float) -> None:
        """Stops, and waits until no heartbeat is in flight."""
        ...

    def forked(self) -> None:
        """Lets go of what belongs to the parent, in a forked process."""
        ...


class LoopSender:
    """Sends heartbeats from a loop in this process."""

    def __init__(self, create_loop: Callable[[], HeartbeatLoop]) -> None:
        self._create_loop = create_loop
        self._loop: HeartbeatLoop | None = None

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    async def prepare(self, runtime: Runtime) -> None:
        """A loop needs nothing."""

    def start(self) -> None:
        if self._loop is None:
            self._loop = self._create_loop()
            self._loop.start()

    def recorded(self, number: int, report: HeartbeatReport) -> None:
        """The heartbeats have the same report."""

    def send_now(self) -> None:
        if self._loop is not None:
            self._loop.send_now()

    def request_stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.request_stop()

    async def stop(self, timeout_seconds: float) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            await loop.stop(timeout_seconds)

    def forked(self) -> None:
        self._loop = None


class NoSender:
    """Sends nothing: a group does it."""

    is_running = True

    async def prepare(self, runtime: Runtime) -> None:
        """Nothing is to be prepared."""

    def start(self) -> None:
        """Nothing is to be started."""

    def recorded(self, number: int, report: HeartbeatReport) -> None:
        """The group has the same report."""

    def send_now(self) -> None:
        """The group sends the next heartbeat when it is due."""

    def request_stop(self) -> None:
        """The group leaves out agents that are away."""

    async def stop(self, timeout_seconds: float) -> None:
        """As for :meth:`request_stop`."""

    def forked(self) -> None:
        """Nothing belongs to the parent."""
