"""The blocking client for callers that discover agents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..discovery.core import DiscoveryCore, ViewFollower
from ..discovery.query import AgentFilter, AgentQuery, page_query, query_string
from ..discovery.view_state import ViewState
from ..options.options import ConnectionOptions
from ..records import Agent, AgentEvent, WatchEvent
from ..runtime.blocking import BlockingRuntime, iterate_blocking, run_blocking

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

#: Aliases, because a method of the client is called ``list``.
_Agents = list[Agent]
_Events = list[AgentEvent]


class DiscoveryClient:
    """Finds agents and watches their changes. See ``rollcall_client.DiscoveryClient``."""

    def __init__(self, **options: Unpack[ConnectionOptions]) -> None:
        """Connects on the first call. Raises ValueError for an invalid option."""
        self._discovery = DiscoveryCore(BlockingRuntime(), options)

    @property
    def registry_url(self) -> str:
        """The URL of the registry; several are joined by commas."""
        return self._discovery.registry_url

    def list(self, **query: Unpack[AgentQuery]) -> _Agents:
        """Returns all matching agents, or the first ``limit`` of them, in one response."""
        return run_blocking(self._discovery.api.list(query_string(query)))

    def pages(self, **query: Unpack[AgentQuery]) -> Iterator[_Agents]:
        """Yields all matching agents page by page; ``limit`` is the page size, default 1000."""
        return iterate_blocking(self._discovery.api.pages(page_query(query)))

    def get(self, agent_id: str, *, timeout_seconds: float | None = None) -> Agent | None:
        """Returns an agent, dead or alive; None if it is unknown."""
        return run_blocking(self._discovery.api.get(agent_id, timeout_seconds))

    def card(
        self, agent_id: str, *, timeout_seconds: float | None = None
    ) -> dict[str, Any] | None:
        """Returns the card of an agent, dead or alive, as it was sent; None if it is unknown or has none."""
        return run_blocking(self._discovery.api.card(agent_id, timeout_seconds))

    def history(
        self, agent_id: str, *, limit: int | None = None, timeout_seconds: float | None = None
    ) -> _Events | None:
        """Returns the transitions of an agent, oldest first; None if the agent is unknown."""
        return run_blocking(self._discovery.api.history(agent_id, limit, timeout_seconds))

    def watch(self, *, loads: bool = False, **filter: Unpack[AgentFilter]) -> Iterator[WatchEvent]:
        """Yields changes as they happen, until the iteration ends. Reconnects automatically."""
        return iterate_blocking(self._discovery.watch(filter, loads=loads))

    def live_view(self, *, loads: bool = True, **filter: Unpack[AgentFilter]) -> LiveView:
        """Creates a local copy of the list that a thread keeps current until it is closed."""
        return LiveView(self._discovery, filter, loads=loads)

    def clean_up(self, *, timeout_seconds: float | None = None) -> int:
        """Removes expired agents immediately instead of at the next cleanup. Returns how many."""
        return run_blocking(self._discovery.api.clean_up(timeout_seconds))

    def health(self, *, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Returns the health of the registry, in the names of the wire. It is not validated."""
        return run_blocking(self._discovery.api.health(timeout_seconds))

    def close(self) -> None:
        """Closes the connections. Idempotent; a later call opens new ones."""
        run_blocking(self._discovery.connection.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class LiveView(ViewState):
    """A local copy of a list that stays current. See ``rollcall_client.LiveView``."""

    def __init__(self, discovery: DiscoveryCore, filter: AgentFilter, *, loads: bool) -> None:
        super().__init__(discovery.runtime.now, discovery.runtime.random)
        self._follower = ViewFollower(discovery, self, filter, loads=loads)

    def ready(self, *, timeout_seconds: float | None = None) -> None:
        """Waits for the first list. Raises ApiError if the registry rejects the filter."""
        run_blocking(self._follower.ready(timeout_seconds))

    def close(self) -> None:
        """Stops following and keeps the agents. Idempotent."""
        run_blocking(self._follower.close())

    def __enter__(self) -> Self:
        self.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
