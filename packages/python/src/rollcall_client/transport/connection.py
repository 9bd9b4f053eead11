"""Sends calls to the registry."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ..errors import ApiError, NetworkError, RegistryClientError, TimeoutError
from ..runtime.blocking import BlockingRuntime
from ..runtime.runtime import HttpFailure, HttpRequest, HttpStream, HttpTimeout, Runtime
from ..runtime.tls_files import TlsFiles
from .addresses import RegistryAddress, registry_addresses
from .headers import CallHeaders, Supplied
from .passwords import without_password
from .responses import describe_call, parse_json, to_api_error, to_json

T = TypeVar("T")

#: Default timeout of a call in seconds.
DEFAULT_TIMEOUT_SECONDS = 5.0

_MIN_TIMEOUT_SECONDS = 0.001


@dataclass(frozen=True)
class Call:
    """A call of the HTTP interface."""

    method: str
    #: Path below the URL of the registry, such as ``/agents``.
    path: str
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    #: Default: that of the connection.
    timeout_seconds: float | None = None


@dataclass(frozen=True)
class CallResult:
    """A successful response with its parsed body."""

    body: Any
    headers: Mapping[str, str]


class RegistryConnection:
    """Sends HTTP requests to the registry and converts failures to errors of this package.

    With several addresses, it keeps using the one that responded last.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        registry_url: str | Sequence[str],
        token: Supplied[str] | None = None,
        headers: Supplied[Mapping[str, str]] | None = None,
        timeout_seconds: float | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self._runtime = runtime
        self._addresses = registry_addresses(registry_url)
        self._headers = CallHeaders(runtime, token, headers)
        self._http = runtime.http_client(tls)
        self._current = 0
        self.timeout_seconds = timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        self._blocking = self if isinstance(runtime, BlockingRuntime) else None
        self._for_runtime = partial(
            RegistryConnection,
            registry_url=registry_url,
            token=token,
            headers=headers,
            timeout_seconds=timeout_seconds,
            tls=tls,
        )

    def blocking(self) -> RegistryConnection:
        """Returns the same connection for blocking code; always the same one."""
        if self._blocking is None:
            self._blocking = self._for_runtime(BlockingRuntime())
        return self._blocking

    async def call(self, call: Call) -> CallResult:
        """Makes a call and parses the response.

        Raises ApiError, NetworkError or TimeoutError; TypeError or ValueError for a request that cannot
        be sent.
        """

        async def attempt(address: RegistryAddress, timeout_seconds: float) -> CallResult:
            name = describe_call(call.method, address.url, call.path)
            request = await self._request(address, call, timeout_seconds)
            try:
                response = await self._http.send(request, timeout_seconds)
            except HttpFailure as error:
                raise _client_error(name, error, timeout_seconds) from error
            if not 200 <= response.status < 300:
                raise to_api_error(name, response.status, response.headers, response.text)
            return CallResult(parse_json(name, response.text), response.headers)

        return await self._with_failover(call, attempt)

    @asynccontextmanager
    async def open(self, call: Call, idle_seconds: float) -> AsyncGenerator[HttpStream, None]:
        """Opens a stream. Raises as :meth:`call`, and HttpFailure while it is read."""

        async def attempt(
            address: RegistryAddress, timeout_seconds: float
        ) -> tuple[Any, HttpStream]:
            name = describe_call(call.method, address.url, call.path)
            request = await self._request(address, call, timeout_seconds)
            context = self._http.open(
                request, timeout_seconds=timeout_seconds, idle_seconds=idle_seconds
            )
            try:
                stream = await context.__aenter__()
            except HttpFailure as error:
                raise _client_error(name, error, timeout_seconds) from error
            if not 200 <= stream.status < 300:
                try:
                    text = await stream.read()
                finally:
                    await context.__aexit__(None, None, None)
                raise to_api_error(name, stream.status, stream.headers, text)
            return context, stream

        context, stream = await self._with_failover(call, attempt)
        try:
            yield stream
        finally:
            await context.__aexit__(None, None, None)

    async def close(self) -> None:
        """Closes the idle connections. A later call opens new ones."""
        await self._http.close()

    async def _with_failover(
        self, call: Call, attempt: Callable[[RegistryAddress, float], Awaitable[T]]
    ) -> T:
        """Tries each address once until one responds; the attempts share the timeout of the call."""
        total = call.timeout_seconds or self.timeout_seconds
        deadline = self._runtime.now() + total
        left = len(self._addresses)
        while True:
            index = self._current
            seconds = total if left == len(self._addresses) else deadline - self._runtime.now()
            try:
                return await attempt(
                    self._addresses[index], max(_MIN_TIMEOUT_SECONDS, seconds / left)
                )
            except RegistryClientError as error:
                if not _should_fail_over(error):
                    raise
                # A concurrent call may already have switched.
                if self._current == index:
                    self._current = (index + 1) % len(self._addresses)
                left -= 1
                if left == 0:
                    raise

    async def _request(
        self, address: RegistryAddress, call: Call, timeout_seconds: float
    ) -> HttpRequest:
        body = None if call.body is None else to_json("the request body", call.body)
        headers: dict[str, str] = {}
        if address.authorization:
            headers["authorization"] = address.authorization
        if body is not None:
            headers["content-type"] = "application/json"
        headers.update(call.headers)
        headers.update(await self._headers.resolve(timeout_seconds))
        return HttpRequest(call.method, f"{address.url}{call.path}", headers, body)


def _client_error(call: str, error: HttpFailure, timeout_seconds: float) -> RegistryClientError:
    if isinstance(error, HttpTimeout):
        shown = f"{round(timeout_seconds * 1000)} ms"
        return TimeoutError(f"{call}: no response within {shown}", timeout_seconds=timeout_seconds)
    reason = without_password(str(error))
    return NetworkError(f"{call}: {reason}. Is the registry running?")


def _should_fail_over(error: RegistryClientError) -> bool:
    """Whether another node of the same registry may succeed."""
    return not isinstance(error, ApiError) or 502 <= error.status <= 504
