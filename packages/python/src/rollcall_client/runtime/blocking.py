"""The blocking runtime: each wait blocks the thread, so no coroutine ever suspends."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from .blocking_http import BlockingHttpClient
from .runtime import BackgroundTask, Flag, HttpClient
from .tls_files import TlsFiles

T = TypeVar("T")


def run_blocking(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine over the blocking runtime to its end, in one step."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    coroutine.close()
    raise RuntimeError("an asynchronous function was given to the blocking client")


def iterate_blocking(iterator: AsyncIterator[T]) -> Iterator[T]:
    """Yields the items of an asynchronous iterator over the blocking runtime."""

    async def next_item() -> T:
        return await iterator.__anext__()

    async def close() -> None:
        aclose = getattr(iterator, "aclose", None)
        if aclose is not None:
            await aclose()

    try:
        while True:
            try:
                item = run_blocking(next_item())
            except StopAsyncIteration:
                return
            yield item
    finally:
        run_blocking(close())


class BlockingFlag:
    """A flag that blocks the thread that waits for it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        # Longer waits overflow the timer of the platform.
        return self._event.wait(
            None if timeout_seconds is None else min(timeout_seconds, threading.TIMEOUT_MAX)
        )


class ThreadTask:
    """Work in a daemon thread, which does not keep the interpreter running."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        self.done: Future[None] = Future()
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def join(self) -> None:
        # A listener in this thread may close the agent.
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def cancel(self) -> None:
        """A request in flight cannot be interrupted; it ends with its timeout."""

    def _run(self) -> None:
        try:
            run_blocking(self._work())
        finally:
            self.done.set_result(None)


class BlockingRuntime:
    """Blocks the calling thread; works in any thread, with or without an event loop."""

    def now(self) -> float:
        return time.monotonic()

    def random(self) -> float:
        return random.random()

    def flag(self) -> Flag:
        return BlockingFlag()

    def http_client(self, tls: TlsFiles | None) -> HttpClient:
        return BlockingHttpClient(tls)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> BackgroundTask:
        return ThreadTask(work, name)

    async def wait(self, future: Future[T], timeout_seconds: float | None = None) -> T:
        return future.result(timeout_seconds)

    async def call(self, function: Callable[[], T | Awaitable[T]], timeout_seconds: float) -> T:
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(run_blocking(_resolve(function)))
            except BaseException as error:
                result.set_exception(error)

        # A thread of its own: a function that never returns must not stop the heartbeats.
        threading.Thread(target=run, name="rollcall-call", daemon=True).start()
        return result.result(timeout_seconds)

    async def settle(
        self, calls: Sequence[Callable[[], Awaitable[None]]]
    ) -> list[Exception]:
        failures: list[Exception] = []
        for call in calls:
            try:
                await call()
            except Exception as error:
                failures.append(error)
        return failures


async def _resolve(function: Callable[[], T | Awaitable[T]]) -> T:
    result = function()
    return await cast(Awaitable[T], result) if isinstance(result, Awaitable) else result
