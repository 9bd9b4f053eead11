"""Credentials and headers of calls."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar, Union, cast

from ..errors import NetworkError
from ..runtime.runtime import Runtime

T = TypeVar("T")

#: A value, or a function that returns it for each call.
Supplied = Union[T, Callable[[], T], Callable[[], Awaitable[T]]]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class CallHeaders:
    """Provides the headers of each call."""

    def __init__(
        self,
        runtime: Runtime,
        token: Supplied[str] | None,
        headers: Supplied[Mapping[str, str]] | None,
    ) -> None:
        self._runtime = runtime
        self._token = token
        self._headers = headers

    async def resolve(self, timeout_seconds: float) -> dict[str, str]:
        """Returns the headers of the next call, with lower-case names.

        Raises NetworkError if a function fails, since it may succeed the next time, and ValueError for
        an invalid header; the message omits its value, which may be secret.
        """
        resolved: dict[str, str] = {}
        token: str | None = await self._supplied("token", self._token, timeout_seconds)
        if token is not None:
            resolved["authorization"] = f"Bearer {token}"
        given: Mapping[str, str] | None = await self._supplied(
            "headers", self._headers, timeout_seconds
        )
        resolved.update((name.lower(), value) for name, value in (given or {}).items())
        return {name: _header_value(name, value) for name, value in resolved.items()}

    async def _supplied(self, name: str, value: object, timeout_seconds: float) -> Any:
        if not callable(value):
            return value
        function = cast("Callable[[], Any]", value)
        try:
            return await self._runtime.call(function, timeout_seconds)
        except FutureTimeout as error:
            reason = f"no result within {timeout_seconds:g} s"
            raise NetworkError(f"the function given as `{name}` failed: {reason}") from error
        except Exception as error:
            raise NetworkError(f"the function given as `{name}` failed: {error}") from error


def _header_value(name: str, value: str) -> str:
    # Secrets from files have a line break at their end, which HTTP does not know.
    stripped = value.strip("\t\r\n ")
    if _NAME.fullmatch(name) and _VALUE.fullmatch(stripped):
        return stripped
    raise ValueError(f'the header "{name}" has an invalid name or value')
