"""The lines of JSON between an agent and its heartbeat process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from ..errors import ApiError, NetworkError
from ..events import Failed, Lost, Recovered, Reregistered
from ..options.options import JoinOptions
from ..transport.wire import to_agent


def encode(message: Mapping[str, Any]) -> bytes:
    """Returns a message as a line."""
    return json.dumps(message).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Returns the message of a line."""
    return cast("dict[str, Any]", json.loads(line))


def passable(options: JoinOptions) -> dict[str, Any]:
    """Returns the options that the process needs.

    Raises ValueError for a function, which cannot be passed to another process.
    """
    for name, value in options.items():
        if callable(value):
            raise ValueError(f"{name} is a function, which the heartbeat process cannot call")
    own = {"heartbeat_from", "join_timeout_seconds", "exit_on_sigterm", "status", "load"}
    passed: dict[str, Any] = {name: value for name, value in options.items() if name not in own}
    for name in ("capabilities", "tags"):
        if passed.get(name) is not None:
            passed[name] = list(passed[name])
    return passed


def encode_error(error: Exception) -> dict[str, Any]:
    """Returns an error without its class."""
    if not isinstance(error, ApiError):
        return {"message": str(error)}
    return {"message": str(error), "status": error.status, "code": error.code}


def decode_event(message: Mapping[str, Any]) -> object:
    """Returns the event in a message of the process."""
    kind, payload = message["event"], message["payload"]
    if kind == "lost":
        return Lost(payload)
    if kind == "reregistered":
        return Reregistered(to_agent(payload))
    if kind == "recovered":
        return Recovered(payload["failures"], payload["away_seconds"])
    return Failed(_decode_error(payload))


def _decode_error(payload: Mapping[str, Any]) -> Exception:
    if "status" not in payload:
        return NetworkError(payload["message"])
    return ApiError(payload["message"], status=payload["status"], code=payload["code"])
