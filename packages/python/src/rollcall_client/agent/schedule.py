"""The timing that the registry asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_MIN_TTL_SECONDS = 1
_MAX_TTL_SECONDS = 86_400
#: The registry rounds intervals to milliseconds.
_ROUNDING_SECONDS = 0.001


@dataclass(frozen=True)
class HeartbeatSchedule:
    """Timing in the response to a heartbeat or registration; None if absent or invalid."""

    #: Lease duration in seconds.
    ttl_seconds: float | None = None
    #: Heartbeat interval that the registry asks for, in seconds.
    interval_seconds: float | None = None


def parse_schedule(response: Mapping[str, object]) -> HeartbeatSchedule:
    """Reads the schedule from any response: an older registry omits fields, a proxy may send anything."""
    ttl = _number(response.get("ttl_seconds"))
    interval = _number(response.get("heartbeat_interval_seconds"))
    return HeartbeatSchedule(
        ttl if ttl is not None and _MIN_TTL_SECONDS <= ttl <= _MAX_TTL_SECONDS else None,
        interval if interval is not None and 0 < interval < _MAX_TTL_SECONDS else None,
    )


def interval_in_force(
    *, own_seconds: float | None, asked_seconds: float | None, ttl_seconds: float
) -> float | None:
    """Returns the interval between two heartbeats in seconds: that of the application, else of the registry.

    A registry that asks for more than a third of the TTL is overloaded: then the longer of both is in
    force.
    """
    if own_seconds is None or asked_seconds is None:
        return asked_seconds if own_seconds is None else own_seconds
    is_overloaded = asked_seconds - ttl_seconds / 3 > _ROUNDING_SECONDS
    return max(own_seconds, asked_seconds) if is_overloaded else own_seconds


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value
