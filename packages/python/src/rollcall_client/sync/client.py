"""The blocking client of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..agent.core import AgentCore
from ..agent.reads import AgentReads
from ..agent.report import report_of
from ..discovery.core import DiscoveryCore
from ..options.options import JoinOptions
from ..options.resolve import connection_options
from ..records import Agent, AgentStatus
from ..runtime.blocking import BlockingRuntime, run_blocking
from .discovery import DiscoveryClient

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class AgentRegistryClient(AgentReads, DiscoveryClient):
    """Keeps one agent registered until it is closed. See ``rollcall_client.AgentRegistryClient``."""

    def __init__(
        self, *, discovery: DiscoveryCore | None = None, **options: Unpack[JoinOptions]
    ) -> None:
        """Does not contact the registry. Raises ValueError for an invalid option.

        ``discovery`` is the connection of a group, which its agents share.
        """
        core = discovery or DiscoveryCore(BlockingRuntime(), connection_options(options))
        self._discovery = core
        self._core = AgentCore(options, core, owns_connection=discovery is None)

    def register(self, *, timeout_seconds: float | None = None) -> Agent:
        """Registers the agent, or registers it again, and takes over from another instance."""
        return run_blocking(self._core.register(timeout_seconds))

    def heartbeat(
        self,
        *,
        status: AgentStatus | None = None,
        load: float | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        """Sends one heartbeat now. A report that does not arrive is sent again with the next one."""
        run_blocking(self._core.heartbeat(report_of(status, load), timeout_seconds))

    def set_status(self, status: AgentStatus, *, timeout_seconds: float | None = None) -> None:
        """Reports whether the agent accepts work, and returns when the report has arrived."""
        run_blocking(self._core.deliver({"status": status}, timeout_seconds))

    def deregister(self, *, timeout_seconds: float | None = None) -> bool:
        """Deregisters the agent and stops its heartbeats until it registers again."""
        return run_blocking(self._core.deregister(timeout_seconds))

    def close(self) -> None:
        """Stops the heartbeats and deregisters on a best-effort basis, within 2 s each. Idempotent."""
        run_blocking(self._core.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def join(**options: Unpack[JoinOptions]) -> AgentRegistryClient:
    """Registers an agent and keeps it registered. See ``rollcall_client.join``.

    Returns when the agent is registered; use it with ``with``, or call ``close()``.
    """
    client = AgentRegistryClient(**options)
    run_blocking(client._core.join())  # pyright: ignore[reportPrivateUsage]
    return client
