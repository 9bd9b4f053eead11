"""The asyncio runtime."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from .asynchronous_http import AsyncHttpClient
from .runtime import BackgroundTask, Flag, HttpClient
from .tls_files import TlsFiles

T = TypeVar("T")


class AsyncFlag:
    """A flag that suspends the coroutine that waits for it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def set(self) -> None:
        if self._loop.is_closed():
            return
        if _running_loop() is self._loop:
            self._event.set()
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        try:
            await asyncio.wait_for(self._event.wait(), timeout_seconds)
        except asyncio.TimeoutError:
            return False
        return True


class LoopTask:
    """Work in a task of the event loop."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        self.done: Future[None] = Future()
        self._task = asyncio.get_running_loop().create_task(work(), name=name)
        # Also for a task that is cancelled before it has begun.
        self._task.add_done_callback(lambda _: self.done.set_result(None))

    def join(self) -> None:
        """A task has ended when it is done."""

    def cancel(self) -> None:
        self._task.cancel()


class AsyncRuntime:
    """Runs on the event loop of asyncio."""

    def now(self) -> float:
        return time.monotonic()

    def random(self) -> float:
        return random.random()

    def flag(self) -> Flag:
        return AsyncFlag()

    def http_client(self, tls: TlsFiles | None) -> HttpClient:
        return AsyncHttpClient(tls)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> BackgroundTask:
        return LoopTask(work, name)

    async def wait(self, future: Future[T], timeout_seconds: float | None = None) -> T:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def wake(_: Future[T]) -> None:
            with contextlib.suppress(RuntimeError):  # The loop may be closed by then.
                loop.call_soon_threadsafe(done.set)

        # Not `wrap_future`: a caller that gives up must not cancel the future of the others.
        future.add_done_callback(wake)
        try:
            await asyncio.wait_for(done.wait(), timeout_seconds)
        except asyncio.TimeoutError:
            raise concurrent.futures.TimeoutError from None
        return future.result()

    async def call(self, function: Callable[[], T | Awaitable[T]], timeout_seconds: float) -> T:
        result = function()
        if not isinstance(result, Awaitable):
            return result
        try:
            return await asyncio.wait_for(cast(Awaitable[T], result), timeout_seconds)
        except asyncio.TimeoutError:
            raise concurrent.futures.TimeoutError from None

    async def settle(
        self, calls: Sequence[Callable[[], Awaitable[None]]]
    ) -> list[Exception]:
        outcomes = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
        return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
