"""Converts responses to values and errors of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from ..errors import ApiError, InvalidField, NetworkError
from .passwords import without_password
from .retry_after import parse_retry_after

_QUESTION = "Is that a Rollcall registry?"
_OF_ONE_AGENT = re.compile(r"/agents/(?!register$|heartbeats$)[^/]+")


def describe_call(method: str, url: str, path: str) -> str:
    """Describes a call in error messages."""
    return f"{method} {without_password(url)}{path}"


def parse_json(call: str, text: str) -> Any:
    """Raises NetworkError if the text is not JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        what = f"{call}: the response is not JSON, or is incomplete"
        raise NetworkError(f"{what}. {_QUESTION}") from error


def to_json(name: str, value: object) -> str:
    """Raises TypeError or ValueError rather than a transient error: a retry would fail as well."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} cannot be serialized as JSON: {error}") from error


def unexpected_response(what: str) -> NetworkError:
    """Creates the error for a response that is valid JSON but not that of a registry."""
    return NetworkError(f"the response is {what}. {_QUESTION}")


def require_object(body: object) -> dict[str, Any]:
    """Raises NetworkError if the value is not an object."""
    if not isinstance(body, dict):
        raise unexpected_response("not an object")
    return cast("dict[str, Any]", body)


def require_array(body: object) -> list[object]:
    """Raises NetworkError if the value is not a list."""
    if not isinstance(body, list):
        raise unexpected_response("not a list")
    return cast("list[object]", body)


def to_api_error(call: str, status: int, headers: Mapping[str, str], text: str) -> ApiError:
    """Creates the error for a response with a status other than 2xx."""
    problem = _parse_problem(text)
    # A registry without error codes responds with a JSON 404 for an unknown agent; an HTML page comes
    # from another server.
    is_unknown_agent = status == 404 and problem is not None and _OF_ONE_AGENT.search(call)
    found = problem or {}
    # A gateway responds with 502 to 504 if it cannot reach the registry.
    question = "" if 502 <= status <= 504 else f". {_QUESTION}"
    detail = _text(found.get("detail")) or f"{call}: responded with {status}{question}"
    incarnation = found.get("incarnation")
    return ApiError(
        detail,
        status=status,
        code=_text(found.get("code")) or ("AGENT_NOT_FOUND" if is_unknown_agent else "UNKNOWN"),
        request_id=_text(found.get("request_id")),
        errors=_invalid_fields(found.get("errors")),
        retry_after_seconds=parse_retry_after(headers.get("retry-after")),
        incarnation=incarnation if isinstance(incarnation, int) else None,
    )


def _parse_problem(text: str) -> dict[str, Any] | None:
    """Parses any body: a proxy may send something other than problem details."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _invalid_fields(value: object) -> tuple[InvalidField, ...]:
    if not isinstance(value, list):
        return ()
    entries = cast("list[object]", value)
    objects = [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]
    return tuple(
        InvalidField(str(entry.get("pointer", "")), str(entry.get("message", "")))
        for entry in objects
    )
