"""The asynchronous client of an agent."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ..discovery.client import DiscoveryClient
from ..discovery.core import DiscoveryCore
from ..options.options import JoinOptions
from ..options.resolve import connection_options
from ..records import Agent, AgentStatus
from ..runtime.asynchronous import AsyncRuntime
from .core import AgentCore
from .reads import AgentReads
from .report import report_of

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class AgentRegistryClient(AgentReads, DiscoveryClient):
    """Keeps one agent registered until it is closed.

    Registers the agent, sends its heartbeats, registers it again if the registry no longer knows it, and
    deregisters it on close. Also finds other agents. See :func:`join`.
    """

    def __init__(
        self, *, discovery: DiscoveryCore | None = None, **options: Unpack[JoinOptions]
    ) -> None:
        """Does not contact the registry. Raises ValueError for an invalid option.

        ``discovery`` is the connection of a group, which its agents share.
        """
        core = discovery or DiscoveryCore(AsyncRuntime(), connection_options(options))
        self._discovery = core
        self._core = AgentCore(options, core, owns_connection=discovery is None)

    async def register(self, *, timeout_seconds: float | None = None) -> Agent:
        """Registers the agent, or registers it again, and takes over from another instance.

        Resumes heartbeats stopped by :meth:`deregister` or another instance.
        """
        return await self._core.register(timeout_seconds)

    async def heartbeat(
        self,
        *,
        status: AgentStatus | None = None,
        load: float | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        """Sends one heartbeat now. A report that does not arrive is sent again with the next one.

        Raises ApiError ``AGENT_NOT_FOUND`` if the agent has to register again.
        """
        await self._core.heartbeat(report_of(status, load), timeout_seconds)

    async def set_status(
        self, status: AgentStatus, *, timeout_seconds: float | None = None
    ) -> None:
        """Reports whether the agent accepts work, and returns when the report has arrived.

        While the registry is unreachable, it is sent again with each heartbeat; ``timeout_seconds`` ends
        the wait, not the retries. :meth:`report` does not wait. Raises ApiError if the registry rejects it.
        """
        await self._core.deliver({"status": status}, timeout_seconds)

    async def deregister(self, *, timeout_seconds: float | None = None) -> bool:
        """Deregisters the agent and stops its heartbeats until it registers again.

        Returns False if it was not registered, or another instance has taken over.
        """
        return await self._core.deregister(timeout_seconds)

    async def close(self) -> None:
        """Stops the heartbeats and deregisters on a best-effort basis, within 2 s each. Idempotent.

        Does not deregister an agent that another instance has taken over.
        """
        # A task of its own, so that the agent is deregistered even if the caller is cancelled.
        await asyncio.shield(asyncio.ensure_future(self._core.close()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Joining:
    """An agent that is joining: await it, or use it with ``async with``."""

    def __init__(self, client: AgentRegistryClient, core: AgentCore) -> None:
        self._client = client
        self._core = core

    def __await__(self) -> Generator[Any, None, AgentRegistryClient]:
        return self._join().__await__()

    async def __aenter__(self) -> AgentRegistryClient:
        return await self._join()

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def _join(self) -> AgentRegistryClient:
        await self._core.join()
        try:
            # Lets the heartbeat task begin: one that is cancelled before that cannot clean up.
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            # Nobody would have the agent to close it.
            await self._client.close()
            raise
        return self._client


def join(**options: Unpack[JoinOptions]) -> Joining:
    """Registers an agent and keeps it registered.

    ::

        async with join(agent_id="researcher-1", agent_name="Researcher", port=8000) as agent:
            await agent.set_status("busy")

    Without ``async with``, ``agent = await join(...)`` and ``await agent.close()``; an agent that is not
    closed is deregistered when the interpreter exits. While the registry is unreachable, it retries and
    logs the outage once.

    Raises ValueError for an invalid option, ApiError if the registry rejects the registration, and the
    last error if the registry stays unreachable until ``join_timeout_seconds``.
    """
    client = AgentRegistryClient(**options)
    return Joining(client, client._core)  # pyright: ignore[reportPrivateUsage]
