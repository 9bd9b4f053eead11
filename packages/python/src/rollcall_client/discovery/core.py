"""Finds agents; the same for both clients."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from ..errors import RegistryClientError, TimeoutError
from ..options.options import ConnectionOptions
from ..options.resolve import open_connection
from ..records import WatchEvent
from ..runtime.runtime import Flag, HttpStream, Runtime
from ..transport.registry_api import RegistryApi
from .query import AgentFilter
from .view_state import ViewState
from .watch import WatchParts, watch

#: Longest wait for the end of a watch in a thread, in seconds.
CLOSE_TIMEOUT_SECONDS = 2.0


class DiscoveryCore:
    """A connection to the registry, over one runtime."""

    def __init__(self, runtime: Runtime, options: ConnectionOptions) -> None:
        self.runtime = runtime
        self.registry_url, self.connection = open_connection(runtime, options)
        self.api = RegistryApi(self.connection)

    def watch(
        self,
        filter: AgentFilter,
        *,
        loads: bool,
        stop: Flag | None = None,
        opened: Callable[[HttpStream], None] = lambda stream: None,
    ) -> AsyncIterator[WatchEvent]:
        """See :func:`rollcall_client.discovery.watch.watch`."""
        flag = stop or self.runtime.flag()
        return watch(WatchParts(self.runtime, self.connection, filter, loads, flag, opened))


class ViewFollower:
    """Keeps a view current with a watch in the background."""

    def __init__(
        self, discovery: DiscoveryCore, view: ViewState, filter: AgentFilter, *, loads: bool
    ) -> None:
        self._runtime = discovery.runtime
        self._view = view
        self._ready: Future[None] = Future()
        self._stop = self._runtime.flag()
        self._stream: HttpStream | None = None
        self._events = discovery.watch(
            filter, loads=loads, stop=self._stop, opened=self._opened
        )
        self._pid = os.getpid()
        self._task = self._runtime.start(self._follow, "rollcall live view")

    async def ready(self, timeout_seconds: float | None = None) -> None:
        """Waits for the first list. Raises ApiError if the registry rejects the filter."""
        try:
            await self._runtime.wait(self._ready, timeout_seconds)
        except FutureTimeout:
            seconds = timeout_seconds or 0
            message = f"no list has arrived within {seconds:g} s"
            raise TimeoutError(message, timeout_seconds=seconds) from None

    async def close(self) -> None:
        """Stops the watch. In a forked process, that of the parent goes on."""
        if self._pid != os.getpid():
            return
        self._stop.set()
        if self._stream is not None:
            self._stream.interrupt()
        self._task.cancel()
        try:
            await self._runtime.wait(self._task.done, CLOSE_TIMEOUT_SECONDS)
        except FutureTimeout:
            return  # A thread that is connecting ends with its timeout.
        self._task.join()

    def _opened(self, stream: HttpStream) -> None:
        self._stream = stream
        if self._stop.is_set():
            stream.interrupt()

    async def _follow(self) -> None:
        try:
            async for event in self._events:
                if self._view.apply(event) and not self._ready.done():
                    self._ready.set_result(None)
        except RegistryClientError as error:
            if not self._ready.done():
                self._ready.set_exception(error)
        finally:
            self._view.disconnected()
            if not self._ready.done():
                message = "the view was closed before its first list arrived"
                self._ready.set_exception(RegistryClientError(message))
