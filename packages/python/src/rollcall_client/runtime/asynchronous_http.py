"""HTTP on an event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx

from .client_settings import StreamHead, client_settings, failures, text_of
from .runtime import HttpRequest, HttpResponse, HttpStream, HttpTimeout
from .tls_files import TlsFiles


class AsyncHttpClient:
    """Sends requests on the event loop in which it is first used."""

    def __init__(self, tls: TlsFiles | None) -> None:
        self._tls = tls
        self._client: httpx.AsyncClient | None = None
        self._owner: tuple[int, asyncio.AbstractEventLoop] | None = None

    async def send(self, request: HttpRequest, timeout_seconds: float) -> HttpResponse:
        with failures():
            sending = self._opened().request(
                request.method,
                request.url,
                headers=request.headers,
                content=request.body,
                timeout=timeout_seconds,
            )
            try:
                # httpx has a timeout for each chunk; a server could send one byte at a time.
                response = await asyncio.wait_for(sending, timeout_seconds)
            except asyncio.TimeoutError:
                raise HttpTimeout from None
        return HttpResponse(response.status_code, response.headers, text_of(response.content))

    @asynccontextmanager
    async def open(
        self, request: HttpRequest, *, timeout_seconds: float, idle_seconds: float
    ) -> AsyncGenerator[HttpStream, None]:
        client = self._opened()
        timeout = httpx.Timeout(timeout_seconds, read=idle_seconds)
        built = client.build_request(
            request.method, request.url, headers=request.headers, timeout=timeout
        )
        with failures():
            try:
                response = await asyncio.wait_for(client.send(built, stream=True), timeout_seconds)
            except asyncio.TimeoutError:
                raise HttpTimeout from None
        try:
            yield _AsyncStream(response)
        finally:
            await response.aclose()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and self._owner == (os.getpid(), asyncio.get_running_loop()):
            await client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        if self._tls is not None:
            self._tls.refresh()
        # Neither a forked process nor another event loop can use these sockets.
        owner = (os.getpid(), asyncio.get_running_loop())
        if self._client is None or self._owner != owner:
            self._client = httpx.AsyncClient(**client_settings(self._tls))
            self._owner = owner
        return self._client


class _AsyncStream(StreamHead):
    async def read(self) -> str:
        with failures():
            return text_of(await self._response.aread())

    def interrupt(self) -> None:
        """The task that reads is cancelled."""

    async def chunks(self) -> AsyncIterator[bytes]:
        with failures():
            async for chunk in self._response.aiter_bytes():
                yield chunk
