"""A group of agents in blocking code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from ..agent.group_core import CLOSE_TIMEOUT_SECONDS, GroupCore
from ..options.options import AgentOptions, ConnectionOptions, JoinOptions
from ..runtime.blocking import run_blocking
from .client import AgentRegistryClient
from .discovery import DiscoveryClient

if TYPE_CHECKING:
    from typing_extensions import Unpack

E = TypeVar("E")


class AgentGroup(DiscoveryClient):
    """Agents in one process that share their heartbeats. See ``rollcall_client.AgentGroup``."""

    def __init__(self, **options: Unpack[ConnectionOptions]) -> None:
        super().__init__(**options)
        self._group = GroupCore(self._discovery)
        self._clients: dict[str, AgentRegistryClient] = {}

    @property
    def agents(self) -> tuple[AgentRegistryClient, ...]:
        """The agents that have joined, not left, and not been taken over by another instance."""
        members = (member.state.agent_id for member in self._group.members)
        return tuple(self._clients[agent_id] for agent_id in members)

    def on(self, event: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Subscribes to ``Failed`` and ``Recovered``; the agents emit the other events."""
        return self._group.events.on(event, listener)

    def join(self, **options: Unpack[AgentOptions]) -> AgentRegistryClient:
        """Registers an agent like ``rollcall_client.sync.join``, over the connection of the group."""
        own = cast(JoinOptions, {**options, "heartbeat_from": "none"})
        client = AgentRegistryClient(discovery=self._discovery, **own)
        core = client._core  # pyright: ignore[reportPrivateUsage]
        run_blocking(core.join())
        self._clients[client.agent_id] = client
        run_blocking(self._group.add(core))
        return client

    def leave(self, agent_id: str) -> None:
        """Removes an agent without deregistering it: its lease lapses unless renewed elsewhere."""
        self._group.leave(agent_id)

    def close(self, *, timeout_seconds: float = CLOSE_TIMEOUT_SECONDS) -> None:
        """Closes all agents of the group. Idempotent.

        Deregisters as many as it can in this time, default 20 s; the leases of the others lapse.
        """
        run_blocking(self._group.close(timeout_seconds))
        super().close()
