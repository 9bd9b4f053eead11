"""What is known about an agent, whoever sends its heartbeats."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import ApiError
from ..events import CheckFailed, CheckPassed, EventEmitter, Warned
from ..options.options import AgentOptions
from ..options.resolve import ResolvedAgent, resolve_agent
from ..records import RegistrationWarning
from .health_check import HealthCheck
from .instance import AgentInstance
from .report import AgentReport, report_of

logger = logging.getLogger("rollcall_client")


class AgentState:
    """The properties of an agent, what it has reported, and what the registry has said about it."""

    def __init__(
        self,
        options: AgentOptions,
        registry_url: str,
        on_superseded: Callable[[ApiError], None],
    ) -> None:
        self.agent: ResolvedAgent = resolve_agent(options)
        self.registry_url = registry_url
        self.events = EventEmitter(logger)
        self.report = AgentReport(report_of(options.get("status"), options.get("load")))
        self.instance = AgentInstance(self.agent.instance_id, on_superseded)
        #: Lease duration in seconds, as last reported by the registry.
        self.ttl_seconds: float = self.agent.ttl_seconds
        #: Seconds between two heartbeats, as the registry asked with the last registration.
        self.asked_interval_seconds: float | None = None
        #: Warnings returned with the last registration.
        self.warnings: tuple[RegistrationWarning, ...] = ()
        #: Whether the agent has left on its own.
        self.has_left = False
        #: Every registration returns all warnings, so the ones already reported are remembered.
        self._warned: set[str] = set()
        self.check = self._health_check(options)

    @property
    def agent_id(self) -> str:
        return self.agent.agent_id

    @property
    def is_away(self) -> bool:
        """Whether no heartbeats are to be sent until the agent registers again."""
        return self.has_left or self.instance.is_superseded

    def record_warnings(self, warnings: tuple[RegistrationWarning, ...]) -> None:
        """Logs and emits each warning once."""
        self.warnings = warnings
        for warning in warnings:
            if warning.message in self._warned:
                continue
            self._warned.add(warning.message)
            logger.warning("agent %s: %s", self.agent_id, warning.message)
            self.events.emit(Warned(warning))

    def _health_check(self, options: AgentOptions) -> HealthCheck | None:
        check = options.get("check")
        if check is None:
            return None

        def changed(reason: str | None) -> None:
            self.events.emit(
                CheckPassed(self.agent_id) if reason is None else CheckFailed(self.agent_id, reason)
            )

        is_silent = options.get("when_check_fails") == "silent"
        return HealthCheck(check, is_silent=is_silent, report=self.report, changed=changed)
