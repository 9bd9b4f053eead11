"""The health check of an agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as FutureTimeout

from ..records import AgentStatus
from ..runtime.runtime import Runtime
from .report import AgentReport


class HealthCheck:
    """Runs the health check of an agent and reports the result as its status."""

    def __init__(
        self,
        check: Callable[[], bool | Awaitable[bool]],
        *,
        is_silent: bool,
        report: AgentReport,
        changed: Callable[[str | None], None],
    ) -> None:
        """``changed`` is called with the reason when the check starts to fail, and with None after it."""
        self._check = check
        self._is_silent = is_silent
        self._report = report
        self._changed = changed
        #: The status last reported by the agent itself.
        self._own_status: AgentStatus = report.last.get("status", "ready")
        self._is_failing = False

    def record_status(self, status: AgentStatus | None) -> None:
        """Records a status reported by the agent itself."""
        self._own_status = status or self._own_status

    async def run(self, runtime: Runtime, timeout_seconds: float) -> bool:
        """Runs the check. Returns whether a heartbeat should be sent."""
        failure = await self._failure(runtime, timeout_seconds)
        was_failing, self._is_failing = self._is_failing, failure is not None
        if self._is_failing != was_failing:
            self._changed(failure)
        if self._is_silent:
            return not self._is_failing
        # `draining` also means no new work, and says more than `busy`.
        if self._is_failing and self._own_status == "ready":
            self._set_status("busy")
        elif was_failing:
            self._set_status(self._own_status)
        return True

    def _set_status(self, status: AgentStatus) -> None:
        if self._report.last.get("status") != status:
            self._report.record({"status": status})

    async def _failure(self, runtime: Runtime, timeout_seconds: float) -> str | None:
        """Returns the reason of the failure; None if the check passes."""
        try:
            is_healthy = await runtime.call(self._check, timeout_seconds)
        except FutureTimeout:
            return f"no result within {round(timeout_seconds * 1000)} ms"
        except Exception as error:
            return str(error) or type(error).__name__
        return None if is_healthy else "the check returned False"
