"""What both clients of an agent know without a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..records import AgentStatus, RegistrationWarning
from .core import AgentCore
from .report import report_of

E = TypeVar("E")


class AgentReads:
    """The properties and events of an agent."""

    _core: AgentCore

    @property
    def agent_id(self) -> str:
        """The id of the agent."""
        return self._core.state.agent_id

    @property
    def instance_id(self) -> str | None:
        """Id of this process in the registry; None if none is sent."""
        return self._core.state.instance.id

    @property
    def ttl_seconds(self) -> float:
        """Lease duration, as last reported by the registry."""
        return self._core.state.ttl_seconds

    @property
    def warnings(self) -> tuple[RegistrationWarning, ...]:
        """Warnings returned with the last registration."""
        return self._core.state.warnings

    def on(self, event: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Subscribes to an event of ``rollcall_client.events``. Returns a function that unsubscribes."""
        return self._core.state.events.on(event, listener)

    def report(self, *, status: AgentStatus | None = None, load: float | None = None) -> None:
        """Records a status or load, which the next heartbeat delivers. Never waits.

        Raises ValueError for an invalid value.
        """
        self._core.record(report_of(status, load))
