"""The first registration of an agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import RegistryClientError
from ..runtime.runtime import Flag, Runtime
from .backoff import retry_delay_seconds

DEFAULT_JOIN_TIMEOUT_SECONDS = 30.0
_MAX_DELAY_SECONDS = 5.0


async def join_registry(
    runtime: Runtime,
    register: Callable[[], Awaitable[object]],
    *,
    join_timeout_seconds: float,
    failed: Callable[[Exception], None],
    stopping: Flag,
) -> None:
    """Registers, and retries while the registry is unreachable.

    ``failed`` is called for each failure that is retried. Raises an error that is not transient
    immediately, and the last error after the timeout, or when ``stopping`` is set.
    """
    started_at = runtime.now()
    failures = 0
    while True:
        try:
            await register()
            return
        except RegistryClientError as error:
            if not error.is_transient:
                raise
            failures += 1
            delay = retry_delay_seconds(
                error,
                failures=failures,
                max_seconds=_MAX_DELAY_SECONDS,
                random=runtime.random(),
            )
            elapsed = runtime.now() - started_at
            if elapsed + delay > join_timeout_seconds:
                raise _gave_up(error, elapsed) from None
            failed(error)
            if await stopping.wait(delay):
                raise


def _gave_up(error: RegistryClientError, after_seconds: float) -> RegistryClientError:
    advice = 'Start a registry with "npx rollcall serve", or set REGISTRY_URL to the address of yours.'
    error.args = (f"{error} Gave up after {round(after_seconds)} s. {advice}",)
    return error
