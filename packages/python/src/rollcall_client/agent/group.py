"""A group of agents on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from ..discovery.client import DiscoveryClient
from ..options.options import AgentOptions, ConnectionOptions, JoinOptions
from .client import AgentRegistryClient
from .group_core import CLOSE_TIMEOUT_SECONDS, MAX_CONCURRENT_CALLS, GroupCore

if TYPE_CHECKING:
    from typing_extensions import Unpack

E = TypeVar("E")


class AgentGroup(DiscoveryClient):
    """Agents in one process that share their heartbeats.

    One request renews all leases, as often as the agent with the shortest TTL requires::

        async with AgentGroup() as group:
            for name in ("ada", "grace"):
                await group.join(agent_id=name, port=8000)
    """

    def __init__(self, **options: Unpack[ConnectionOptions]) -> None:
        super().__init__(**options)
        self._group = GroupCore(self._discovery)
        self._clients: dict[str, AgentRegistryClient] = {}
        # httpx takes quadratic time for requests that are in flight at once.
        self._registering = asyncio.Semaphore(MAX_CONCURRENT_CALLS)

    @property
    def agents(self) -> tuple[AgentRegistryClient, ...]:
        """The agents that have joined, not left, and not been taken over by another instance."""
        members = (member.state.agent_id for member in self._group.members)
        return tuple(self._clients[agent_id] for agent_id in members)

    def on(self, event: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Subscribes to ``Failed`` and ``Recovered``; the agents emit the other events."""
        return self._group.events.on(event, listener)

    async def join(self, **options: Unpack[AgentOptions]) -> AgentRegistryClient:
        """Registers an agent like ``rollcall_client.join``, over the connection of the group.

        Of concurrent calls, 16 register at a time, so ``asyncio.gather`` may join thousands of agents.
        """
        own = cast(JoinOptions, {**options, "heartbeat_from": "none"})
        client = AgentRegistryClient(discovery=self._discovery, **own)
        core = client._core  # pyright: ignore[reportPrivateUsage]
        async with self._registering:
            await core.join()
        self._clients[client.agent_id] = client
        await self._group.add(core)
        return client

    def leave(self, agent_id: str) -> None:
        """Removes an agent without deregistering it: its lease lapses unless renewed elsewhere."""
        self._group.leave(agent_id)

    async def close(self, *, timeout_seconds: float = CLOSE_TIMEOUT_SECONDS) -> None:
        """Closes all agents of the group. Idempotent.

        Deregisters as many as it can in this time, default 20 s; the leases of the others lapse.
        """
        await self._group.close(timeout_seconds)
        await super().close()
