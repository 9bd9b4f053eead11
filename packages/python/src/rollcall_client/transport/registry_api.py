"""The calls of the registry's HTTP interface, one method per route."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, cast
from urllib.parse import quote

from ..errors import ApiError, is_api_error
from ..records import Agent, AgentEvent, AgentStatus
from .connection import Call, CallResult, RegistryConnection
from .responses import require_array, require_object, unexpected_response
from .wire import to_agent, to_agent_event

#: Beyond it, a heartbeat could not be repeated within the TTL.
_MAX_INTERVAL_FACTOR = 2
#: Aliases, because a method of the class is called ``list``.
_Agents = list[Agent]
_Events = list[AgentEvent]
_NEXT_LINK = re.compile(r'<[^>?]*(\?[^>]+)>; *rel="next"')


class HeartbeatReport(TypedDict, total=False):
    """The values that an agent may report with a heartbeat; one that is absent stays unchanged."""

    status: AgentStatus
    #: From 0 (idle) to 1 (full).
    load: float


@dataclass(frozen=True)
class HeartbeatsNotAccepted:
    """The agents of a batch whose leases were not renewed."""

    #: How many times as far apart as usual heartbeats are to be sent: more than 1 under overload.
    interval_factor: float = 1
    #: Ids of agents that have to register.
    unknown: tuple[str, ...] = ()
    #: Ids of agents that another instance has registered.
    superseded: tuple[str, ...] = ()
    #: Ids of agents that the token may not change.
    forbidden: tuple[str, ...] = ()


class RegistryApi:
    """Makes the calls. No method retries; all raise as ``RegistryConnection.call``."""

    def __init__(self, connection: RegistryConnection) -> None:
        self._connection = connection

    async def register(
        self, registration: Mapping[str, Any], timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """Registers an agent, or replaces its registration. The response is not validated."""
        return require_object((await self._post("/agents/register", registration, timeout_seconds)).body)

    async def heartbeat(
        self,
        agent_id: str,
        report: HeartbeatReport,
        *,
        instance_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """Renews the lease of an agent. The response is not validated."""
        path = f"{agent_path(agent_id)}/heartbeat"
        call = Call("POST", path, report or None, _instance_header(instance_id), timeout_seconds)
        return require_object((await self._connection.call(call)).body)

    async def heartbeats(
        self,
        heartbeats: Sequence[Mapping[str, Any]],
        *,
        instance_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> HeartbeatsNotAccepted:
        """Renews the leases of up to 10 000 agents in one request."""
        batch: dict[str, Any] = {"heartbeats": heartbeats}
        if instance_id is not None:
            batch["instance_id"] = instance_id
        receipt = require_object((await self._post("/agents/heartbeats", batch, timeout_seconds)).body)
        factor = receipt.get("heartbeat_interval_factor")
        is_usable = isinstance(factor, (int, float)) and factor <= _MAX_INTERVAL_FACTOR
        return HeartbeatsNotAccepted(
            interval_factor=cast(float, factor) if is_usable else 1,
            unknown=_ids(receipt.get("unknown")),
            superseded=_ids(receipt.get("superseded")),
            forbidden=_ids(receipt.get("forbidden")),
        )

    async def deregister(
        self,
        agent_id: str,
        *,
        instance_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> bool:
        """Deregisters an agent. Returns False if it is unknown."""
        headers = _instance_header(instance_id)
        call = Call("DELETE", agent_path(agent_id), None, headers, timeout_seconds)
        try:
            await self._connection.call(call)
        except ApiError as error:
            if is_api_error(error, "AGENT_NOT_FOUND"):
                return False
            raise
        return True

    async def get(self, agent_id: str, timeout_seconds: float | None = None) -> Agent | None:
        """Returns an agent, dead or alive; None if it is unknown."""
        result = await self._get_if_known(agent_path(agent_id), timeout_seconds)
        return None if result is None else to_agent(result.body)

    async def card(
        self, agent_id: str, timeout_seconds: float | None = None
    ) -> dict[str, Any] | None:
        """Returns the card of an agent, dead or alive; None if it is unknown or has none."""
        result = await self._get_if_known(f"{agent_path(agent_id)}/card", timeout_seconds)
        return None if result is None else require_object(result.body)

    async def list(self, query: str, timeout_seconds: float | None = None) -> _Agents:
        """Returns all agents that match a query string, in one response."""
        result = await self._get(f"/agents{query}", timeout_seconds)
        return [to_agent(agent) for agent in require_array(result.body)]

    async def pages(
        self, query: str, timeout_seconds: float | None = None
    ) -> AsyncIterator[_Agents]:
        """Yields all agents that match a query string, page by page."""
        visited: set[str] = set()
        following: str | None = query
        while following is not None:
            # A cache that returns the same page again would otherwise cause an endless loop.
            if following in visited:
                raise unexpected_response("a page that was already read")
            visited.add(following)
            result = await self._get(f"/agents{following}", timeout_seconds)
            yield [to_agent(agent) for agent in require_array(result.body)]
            # Only the query of the link is used: a proxy may have changed the path.
            link = _NEXT_LINK.search(result.headers.get("link") or "")
            following = link and link[1]

    async def history(
        self, agent_id: str, limit: int | None = None, timeout_seconds: float | None = None
    ) -> _Events | None:
        """Returns the transitions of an agent, oldest first; None if the agent is unknown."""
        query = "" if limit is None else f"?limit={limit}"
        path = f"{agent_path(agent_id)}/events{query}"
        result = await self._get_if_known(path, timeout_seconds)
        return None if result is None else [to_agent_event(it) for it in require_array(result.body)]

    async def clean_up(self, timeout_seconds: float | None = None) -> int:
        """Removes expired agents immediately instead of at the next cleanup. Returns how many."""
        result = await self._post("/agents/cleanup", None, timeout_seconds)
        removed = require_object(result.body).get("removed")
        return removed if isinstance(removed, int) else 0

    async def health(self, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Returns the health of the registry, in the names of the wire. It is not validated."""
        return require_object((await self._get("/health", timeout_seconds)).body)

    async def _get(self, path: str, timeout_seconds: float | None) -> CallResult:
        return await self._connection.call(Call("GET", path, timeout_seconds=timeout_seconds))

    async def _get_if_known(self, path: str, timeout_seconds: float | None) -> CallResult | None:
        try:
            return await self._get(path, timeout_seconds)
        except ApiError as error:
            if error.code in ("AGENT_NOT_FOUND", "CARD_NOT_FOUND"):
                return None
            raise

    async def _post(self, path: str, body: object, timeout_seconds: float | None) -> CallResult:
        return await self._connection.call(
            Call("POST", path, body, timeout_seconds=timeout_seconds)
        )


def agent_path(agent_id: str) -> str:
    """Raises ValueError for an id that would change the path of the URL."""
    if re.fullmatch(r"\.{0,2}", agent_id):
        raise ValueError(f'"{agent_id}" is not a valid agent id')
    return f"/agents/{quote(agent_id, safe='')}"


def _instance_header(instance_id: str | None) -> dict[str, str]:
    return {} if instance_id is None else {"rollcall-instance": instance_id}


def _ids(value: object) -> tuple[str, ...]:
    ids = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(agent_id for agent_id in ids if isinstance(agent_id, str))
