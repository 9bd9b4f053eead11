"""HTTP in blocking calls."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx

from .client_settings import StreamHead, client_settings, failures, text_of
from .runtime import HttpRequest, HttpResponse, HttpStream, HttpTimeout
from .tls_files import TlsFiles


class BlockingHttpClient:
    """Sends requests and blocks the thread meanwhile. Threads may share it."""

    def __init__(self, tls: TlsFiles | None) -> None:
        self._tls = tls
        self._client: httpx.Client | None = None
        self._pid = 0

    async def send(self, request: HttpRequest, timeout_seconds: float) -> HttpResponse:
        deadline = time.monotonic() + timeout_seconds
        with failures(), self._opened().stream(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body,
            timeout=timeout_seconds,
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                # httpx has a timeout for each chunk; a server could send one byte at a time.
                if time.monotonic() > deadline:
                    raise HttpTimeout
            return HttpResponse(response.status_code, response.headers, text_of(body))

    @asynccontextmanager
    async def open(
        self, request: HttpRequest, *, timeout_seconds: float, idle_seconds: float
    ) -> AsyncGenerator[HttpStream, None]:
        with failures(), self._opened().stream(
            request.method, request.url, headers=request.headers, timeout=timeout_seconds
        ) as response:
            # The headers have arrived in time; the body may be idle for longer.
            response.request.extensions["timeout"]["read"] = idle_seconds
            yield _BlockingStream(response)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and self._pid == os.getpid():
            client.close()

    def _opened(self) -> httpx.Client:
        if self._tls is not None:
            self._tls.refresh()
        # A forked process must not use the sockets of its parent.
        if self._client is None or self._pid != os.getpid():
            self._client = httpx.Client(**client_settings(self._tls))
            self._pid = os.getpid()
        return self._client


class _BlockingStream(StreamHead):
    async def read(self) -> str:
        with failures():
            return text_of(self._response.read())

    def interrupt(self) -> None:
        stream = self._response.extensions.get("network_stream")
        connected = None if stream is None else stream.get_extra_info("socket")
        if isinstance(connected, socket.socket):
            # Closing it would not wake up the thread that reads from it.
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    async def chunks(self) -> AsyncIterator[bytes]:
        with failures():
            for chunk in self._response.iter_bytes():
                yield chunk
