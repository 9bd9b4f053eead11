"""Converts JSON of any registry to records.

Fields that an older registry omits get the values that a current one would return.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, cast

from ..records import Agent, AgentEvent, Maintenance, RegistrationWarning
from .responses import require_object, unexpected_response

_DEFAULT_TTL_SECONDS = 60


def to_agent(wire: object) -> Agent:
    """Raises NetworkError if the value is not an agent."""
    given = require_object(wire)
    agent_id = given.get("agent_id")
    if not isinstance(agent_id, str):
        raise unexpected_response("not an agent")
    host, port = given.get("host") or "", given.get("port") or 0
    metadata = given.get("metadata")
    ttl_seconds = given.get("ttl_seconds") or _DEFAULT_TTL_SECONDS
    last_heartbeat = _parse_time(given.get("last_heartbeat"), datetime.now(timezone.utc))
    expires_at = _parse_time(
        given.get("expires_at"), last_heartbeat + timedelta(seconds=ttl_seconds)
    )
    registered_at = _parse_time(given.get("registered_at"), last_heartbeat)
    is_alive = given.get("is_alive")
    if not isinstance(is_alive, bool):
        is_alive = datetime.now(timezone.utc) < expires_at
    capabilities = given.get("capabilities")
    if not isinstance(capabilities, list):
        capabilities = _capabilities_in(metadata)
    maintenance = given.get("maintenance")
    return Agent(
        agent_id=agent_id,
        agent_name=given.get("agent_name") or agent_id,
        host=host,
        port=port,
        url=given.get("url") or f"http://{bracketed_host(host)}:{port}",
        version=given.get("version"),
        description=given.get("description"),
        protocol=given.get("protocol"),
        identifier=given.get("identifier"),
        card_url=given.get("card_url"),
        ttl_seconds=ttl_seconds,
        metadata=metadata,
        capabilities=tuple(cast("list[str]", capabilities)),
        tags=tuple(given.get("tags") or ()),
        has_card=given.get("has_card") is True,
        status=given.get("status") or ("ready" if is_alive else "expired"),
        maintenance=_to_maintenance(maintenance) if maintenance else None,
        load=given.get("load"),
        instance_id=given.get("instance_id"),
        incarnation=given.get("incarnation") or 1,
        owner=given.get("owner"),
        registered_at=registered_at,
        updated_at=_parse_time(given.get("updated_at"), registered_at),
        last_heartbeat=last_heartbeat,
        expires_at=expires_at,
        is_alive=is_alive,
        revision=given.get("revision") or 0,
    )


def to_agent_event(wire: object) -> AgentEvent:
    """Raises NetworkError if the value is not an event."""
    given = require_object(wire)
    return AgentEvent(
        revision=given.get("revision") or 0,
        type=str(given.get("type")),
        agent_id=str(given.get("agent_id")),
        at=_parse_time(given.get("at"), datetime.now(timezone.utc)),
        reason=given.get("reason") or "",
        actor=given.get("actor"),
        listed=given.get("listed") is True,
        agent=to_agent(given.get("agent")),
    )


def to_warning(wire: object) -> RegistrationWarning:
    """Converts a warning of a registration."""
    given = require_object(wire)
    return RegistrationWarning(
        str(given.get("code", "")), str(given.get("pointer", "")), str(given.get("message", ""))
    )


def bracketed_host(host: str) -> str:
    """Returns a host as it is written in a URL."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _to_maintenance(wire: object) -> Maintenance:
    given = require_object(wire)
    since = _parse_time(given.get("since"), datetime.now(timezone.utc))
    return Maintenance(str(given.get("reason", "")), since, str(given.get("by", "")))


def _parse_time(text: object, fallback: datetime) -> datetime:
    """Parses a time; without a time zone it is UTC, as servers that omit the zone intend."""
    if not isinstance(text, str):
        return fallback
    try:
        # Python 3.10 knows no Z.
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return fallback
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _capabilities_in(metadata: object) -> list[str]:
    listed: Any = cast("dict[str, Any]", metadata).get("capabilities") if isinstance(metadata, dict) else None
    if not isinstance(listed, list):
        return []
    words = cast("list[object]", listed)
    return [word for word in words if isinstance(word, str)] if all(
        isinstance(word, str) for word in words
    ) else []
