"""The asynchronous client for callers that discover agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from ..options.options import ConnectionOptions
from ..records import Agent, AgentEvent, WatchEvent
from ..runtime.asynchronous import AsyncRuntime
from .core import DiscoveryCore, ViewFollower
from .query import AgentFilter, AgentQuery, page_query, query_string
from .view_state import ViewState

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

#: Aliases, because a method of the client is called ``list``.
_Agents = list[Agent]
_Events = list[AgentEvent]


class DiscoveryClient:
    """Finds agents and watches their changes, without registering an agent itself.

    ::

        async with DiscoveryClient() as registry:
            agents = await registry.list(capability="search", status="ready")

    All methods raise ``ApiError``, ``NetworkError`` or ``TimeoutError``; ``timeout_seconds`` is the
    timeout of a call, by default that of the client.
    """

    def __init__(self, **options: Unpack[ConnectionOptions]) -> None:
        """Connects on the first call. Raises ValueError for an invalid option."""
        self._discovery = DiscoveryCore(AsyncRuntime(), options)

    @property
    def registry_url(self) -> str:
        """The URL of the registry; several are joined by commas."""
        return self._discovery.registry_url

    async def list(self, **query: Unpack[AgentQuery]) -> _Agents:
        """Returns all matching agents, or the first ``limit`` of them, in one response."""
        return await self._discovery.api.list(query_string(query))

    def pages(self, **query: Unpack[AgentQuery]) -> AsyncIterator[_Agents]:
        """Yields all matching agents page by page; ``limit`` is the page size, default 1000."""
        return self._discovery.api.pages(page_query(query))

    async def get(self, agent_id: str, *, timeout_seconds: float | None = None) -> Agent | None:
        """Returns an agent, dead or alive; None if it is unknown."""
        return await self._discovery.api.get(agent_id, timeout_seconds)

    async def card(
        self, agent_id: str, *, timeout_seconds: float | None = None
    ) -> dict[str, Any] | None:
        """Returns the card of an agent, dead or alive, as it was sent; None if it is unknown or has none."""
        return await self._discovery.api.card(agent_id, timeout_seconds)

    async def history(
        self, agent_id: str, *, limit: int | None = None, timeout_seconds: float | None = None
    ) -> _Events | None:
        """Returns the transitions of an agent, oldest first; None if the agent is unknown.

        ``limit`` asks for only the newest, 1 to 1000.
        """
        return await self._discovery.api.history(agent_id, limit, timeout_seconds)

    def watch(
        self, *, loads: bool = False, **filter: Unpack[AgentFilter]
    ) -> AsyncIterator[WatchEvent]:
        """Yields changes as they happen, until the iteration ends. Reconnects automatically.

        With ``loads``, also yields loads: at most once a second per agent, when its load has changed by
        0.05 or more. Raises ApiError if the registry rejects the filter.
        """
        return self._discovery.watch(filter, loads=loads)

    def live_view(self, *, loads: bool = True, **filter: Unpack[AgentFilter]) -> LiveView:
        """Creates a local copy of the list that stays current until it is closed.

        ``loads=False`` saves traffic if you do not pick by load.
        """
        return LiveView(self._discovery, filter, loads=loads)

    async def clean_up(self, *, timeout_seconds: float | None = None) -> int:
        """Removes expired agents immediately instead of at the next cleanup. Returns how many."""
        return await self._discovery.api.clean_up(timeout_seconds)

    async def health(self, *, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Returns the health of the registry, in the names of the wire. It is not validated."""
        return await self._discovery.api.health(timeout_seconds)

    async def close(self) -> None:
        """Closes the connections. Idempotent; a later call opens new ones."""
        await self._discovery.connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class LiveView(ViewState):
    """A local copy of a list that stays current; see ``DiscoveryClient.live_view``.

    ::

        async with registry.live_view(capability="search", status="ready") as view:
            agent = view.pick()

    While the registry is unreachable, it keeps the last known list.
    """

    def __init__(self, discovery: DiscoveryCore, filter: AgentFilter, *, loads: bool) -> None:
        super().__init__(discovery.runtime.now, discovery.runtime.random)
        self._follower = ViewFollower(discovery, self, filter, loads=loads)

    async def ready(self, *, timeout_seconds: float | None = None) -> None:
        """Waits for the first list. Raises ApiError if the registry rejects the filter."""
        await self._follower.ready(timeout_seconds)

    async def close(self) -> None:
        """Stops following and keeps the agents. Idempotent."""
        await self._follower.close()

    async def __aenter__(self) -> Self:
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
