"""What sends the heartbeats of an agent."""

from __future__ import annotations

from collections.abc import Callable

from ..runtime.runtime import Runtime
from ..transport.registry_api import HeartbeatReport
from .heartbeat_loop import HeartbeatLoop


class HeartbeatSender:
    """Sends the heartbeats of one agent, from this process or another one.

    This one sends nothing, for the agents of a group: the group has the same reports, sends the heartbeats
    when they are due, and leaves out agents that are away.
    """

    @property
    def is_running(self) -> bool:
        """Whether another heartbeat follows, which repeats what has not arrived."""
        return True

    async def prepare(self, runtime: Runtime) -> None:
        """Gets ready before the agent joins."""

    def start(self) -> None:
        """Starts when the agent has registered. Idempotent."""

    def recorded(self, number: int, report: HeartbeatReport) -> None:
        """Called for each report of the agent."""

    def send_now(self) -> None:
        """Sends the next heartbeat now."""

    def request_stop(self) -> None:
        """Stops without waiting."""

    async def stop(self, timeout_seconds: float) -> None:
        """Stops, and waits until no heartbeat is in flight."""

    def forked(self) -> None:
        """Lets go of what belongs to the parent, in a forked process."""


class LoopSender(HeartbeatSender):
    """Sends heartbeats from a loop in this process, which has the same reports."""

    def __init__(self, create_loop: Callable[[], HeartbeatLoop]) -> None:
        self._create_loop = create_loop
        self._loop: HeartbeatLoop | None = None

    @property
    def is_running(self) -> bool:
        return self._loop is not None

    def start(self) -> None:
        if self._loop is None:
            self._loop = self._create_loop()
            self._loop.start()

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
