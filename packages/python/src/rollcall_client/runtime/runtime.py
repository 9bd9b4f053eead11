"""What the core needs from its surroundings.

The core is written once, as coroutines over this interface. On an event loop, its methods suspend. In
blocking code, they block the thread instead and never suspend, so one step runs a coroutine to its end
(see :func:`rollcall_client.runtime.blocking.run_blocking`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from .tls_files import TlsFiles

T = TypeVar("T")


@dataclass(frozen=True)
class HttpRequest:
    """A request as it is sent."""

    method: str
    url: str
    #: Headers with lower-case names.
    headers: Mapping[str, str]
    #: JSON text.
    body: str | None = None


@dataclass(frozen=True)
class HttpResponse:
    """A response with its whole body."""

    status: int
    #: Headers with lower-case names.
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str = ""


class HttpStream(Protocol):
    """A response whose body is read while it arrives."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def read(self) -> str:
        """Returns the rest of the body."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yields the body. Raises HttpTimeout if nothing arrives within the idle timeout."""
        ...

    def interrupt(self) -> None:
        """Ends a read in another thread. On an event loop, its task is cancelled instead."""
        ...


class HttpFailure(Exception):
    """A request without a complete response."""


class HttpTimeout(HttpFailure):
    """A request that took too long."""


class HttpClient(Protocol):
    """Sends requests. Raises HttpFailure, or HttpTimeout."""

    async def send(self, request: HttpRequest, timeout_seconds: float) -> HttpResponse: ...

    def open(
        self, request: HttpRequest, *, timeout_seconds: float, idle_seconds: float
    ) -> AbstractAsyncContextManager[HttpStream]:
        """Opens a stream. ``timeout_seconds`` is for the response headers, ``idle_seconds`` for each chunk."""
        ...

    async def close(self) -> None: ...


class Flag(Protocol):
    """A flag to wait for. Any thread may set it."""

    def set(self) -> None: ...

    def clear(self) -> None: ...

    def is_set(self) -> bool: ...

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """Waits until the flag is set. Returns False if the time is over first."""
        ...


class BackgroundTask(Protocol):
    """Work in the background, in a task or a thread."""

    @property
    def done(self) -> Future[None]:
        """Completed when the work has ended."""
        ...

    def join(self) -> None:
        """Waits for the thread, which ends right after ``done``. A task needs no waiting."""
        ...

    def cancel(self) -> None:
        """Ends what is in flight, where that is possible. A thread ends on its own instead."""
        ...


class Runtime(Protocol):
    """Time, waiting, HTTP and background work."""

    def now(self) -> float:
        """Returns a monotonic time in seconds."""
        ...

    def random(self) -> float:
        """Returns a number from 0 (inclusive) to 1 (exclusive)."""
        ...

    def flag(self) -> Flag: ...

    def http_client(self, tls: TlsFiles | None) -> HttpClient: ...

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> BackgroundTask:
        """Runs work in the background. It must not raise."""
        ...

    async def wait(self, future: Future[T], timeout_seconds: float | None = None) -> T:
        """Waits for a future. Raises ``concurrent.futures.TimeoutError``."""
        ...

    async def call(self, function: Callable[[], T | Awaitable[T]], timeout_seconds: float) -> T:
        """Calls a function of the application. Raises ``concurrent.futures.TimeoutError``."""
        ...

    async def settle(
        self, calls: Sequence[Callable[[], Awaitable[None]]]
    ) -> list[Exception]:
        """Makes calls, concurrently where possible. Returns the errors of those that failed."""
        ...
