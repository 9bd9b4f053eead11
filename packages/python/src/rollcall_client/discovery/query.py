"""Selects agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, cast
from urllib.parse import urlencode

#: The sort orders of a list; a leading ``-`` reverses the order.
AgentSort = Literal[
    "agent_id",
    "last_heartbeat",
    "-last_heartbeat",
    "registered_at",
    "-registered_at",
    "expires_at",
    "-expires_at",
    "load",
    "-load",
]
#: The statuses that reads show.
ViewStatus = Literal["ready", "busy", "draining", "suspect", "expired"]

_DEFAULT_PAGE_SIZE = 1000


class AgentFilter(TypedDict, total=False):
    """Selects agents that match all given conditions."""

    #: An agent id, the beginning of ids followed by ``*``, or several of which any matches.
    agent_id: str | Sequence[str]
    #: The exact name, or a prefix followed by ``*``.
    name: str
    #: A capability, or several that must all be present.
    capability: str | Sequence[str]
    #: A tag, or several that must all be present.
    tag: str | Sequence[str]
    #: A status, or several of which any matches.
    status: ViewStatus | Sequence[ViewStatus]
    #: The protocol that callers speak.
    protocol: str
    #: The name that the publisher gave the agent in catalogs.
    identifier: str
    #: Metadata values by dotted path: ``{"region": "eu-1", "gpu.count": 2}``.
    metadata: Mapping[str, str | int | float | bool | None]
    #: Words that must occur anywhere in the id, name, capabilities, details or metadata.
    q: str
    #: Whether to include agents whose lease has lapsed; default False.
    include_dead: bool


class AgentQuery(AgentFilter, total=False):
    """A filter with an order and a limit."""

    #: Sort order; default ``agent_id``.
    sort: AgentSort
    #: Maximum number of agents, or of a page, 1 to 1000; default: all.
    limit: int


def query_string(query: AgentQuery, extra: Mapping[str, str] | None = None) -> str:
    """Builds a URL query string: empty, or starting with ``?``. Raises TypeError for an unknown condition."""
    unknown = set(query) - AgentQuery.__optional_keys__
    if unknown:
        raise TypeError(f"there is no condition {', '.join(sorted(unknown))}")
    parameters = list((extra or {}).items())
    for name in ("agent_id", "name", "capability", "tag", "status", "protocol", "identifier"):
        parameters += [(name, value) for value in _values(query.get(name))]
    for path, value in query.get("metadata", {}).items():
        parameters.append((f"metadata.{path}", _literal(value)))
    if "q" in query:
        parameters.append(("q", query["q"]))
    if query.get("include_dead"):
        parameters.append(("include_dead", "true"))
    if "sort" in query:
        parameters.append(("sort", query["sort"]))
    if "limit" in query:
        parameters.append(("limit", str(query["limit"])))
    return f"?{urlencode(parameters)}" if parameters else ""


def page_query(query: AgentQuery) -> str:
    """Returns the query string of the first page; ``limit`` is the page size, default 1000."""
    paged: AgentQuery = {"limit": _DEFAULT_PAGE_SIZE, **query}
    return query_string(paged)


def _values(value: object) -> list[str]:
    if value is None:
        return []
    values = [value] if isinstance(value, str) else cast("Sequence[object]", value)
    return [str(each) for each in values]


def _literal(value: str | int | float | bool | None) -> str:
    """Returns a metadata value as JSON has it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
