"""Follows the change feed."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from ..agent.backoff import retry_delay_seconds
from ..errors import ApiError, NetworkError, RegistryClientError, is_api_error
from ..records import Disconnected, Loads, Reset, Snapshot, Synced, WatchEvent
from ..runtime.runtime import Flag, HttpFailure, HttpStream, HttpTimeout, Runtime
from ..transport.connection import Call, RegistryConnection
from ..transport.responses import require_array, require_object
from ..transport.wire import to_agent, to_agent_event
from .query import AgentFilter, AgentQuery, query_string
from .server_sent_events import EventParser

#: Maximum delay between two attempts to connect, in seconds.
MAX_DELAY_SECONDS = 10.0
#: The registry sends something every 15 s; a connection that is idle for this long is dead.
IDLE_TIMEOUT_SECONDS = 45.0


@dataclass(frozen=True)
class WatchParts:
    """What a watch needs."""

    runtime: Runtime
    connection: RegistryConnection
    filter: AgentFilter
    #: Also report loads, if the registry supports it.
    loads: bool
    #: Ends the watch, at the latest with the next event.
    stop: Flag
    #: Called with each stream, so that another thread can interrupt it.
    opened: Callable[[HttpStream], None] = lambda stream: None


async def watch(parts: WatchParts) -> AsyncIterator[WatchEvent]:
    """Yields changes as they happen.

    Reconnects automatically and resumes after the last event, or yields ``Reset`` if the registry cannot
    resume. Raises ApiError if the registry rejects the filter.
    """
    runtime = parts.runtime
    last_event_id = ""
    was_accepted = is_disconnected = False
    failures = 0
    yield Reset("the watch starts")
    while not parts.stop.is_set():
        started_at = runtime.now()
        error: RegistryClientError
        try:
            stream = _follow(parts, last_event_id)
            try:
                async for event_id, event in stream:
                    was_accepted, is_disconnected = True, False
                    # Events without an id do not move the resume position.
                    last_event_id = event_id or last_event_id
                    if parts.stop.is_set():
                        return
                    if event is not None:
                        yield event
            finally:
                await stream.aclose()
            error = NetworkError("the registry ended the stream")
        except RegistryClientError as failure:
            # Once the filter was accepted, a rejection comes from an intermediary, such as a proxy
            # without a registry behind it.
            if not was_accepted and not failure.is_transient:
                raise
            error = failure
        if not is_disconnected:
            yield Disconnected(error)
        is_disconnected = True
        # A stream that always breaks after its first event must not reset the backoff.
        is_short = runtime.now() - started_at < MAX_DELAY_SECONDS
        failures = failures + 1 if is_short else 1
        await parts.stop.wait(
            retry_delay_seconds(
                error,
                failures=failures,
                max_seconds=MAX_DELAY_SECONDS,
                random=runtime.random(),
            )
        )


async def _follow(
    parts: WatchParts, last_event_id: str
) -> AsyncGenerator[tuple[str, WatchEvent | None], None]:
    """Yields the events of one connection until it ends, each with its id."""
    parser = EventParser()
    async with _opened(parts, last_event_id) as stream:
        try:
            async for chunk in stream.chunks():
                for event in parser.feed(chunk):
                    yield event.last_event_id, _to_watch_event(event.data)
        except HttpTimeout as error:
            message = f"no data received for {IDLE_TIMEOUT_SECONDS:g} s"
            raise NetworkError(message) from error
        except HttpFailure as error:
            raise NetworkError("the stream was interrupted") from error


@asynccontextmanager
async def _opened(parts: WatchParts, last_event_id: str) -> AsyncGenerator[HttpStream, None]:
    """Opens a stream; falls back to one without loads if the registry is too old to support them."""
    headers = {"accept": "text/event-stream"}
    if last_event_id:
        headers["last-event-id"] = last_event_id

    def call(extra: dict[str, str]) -> Call:
        query = query_string(cast(AgentQuery, parts.filter), {"snapshot": "true", **extra})
        return Call("GET", f"/events{query}", headers=headers)

    async with AsyncExitStack() as stack:
        stream = await _enter(stack, parts, call)
        parts.opened(stream)
        yield stream


async def _enter(
    stack: AsyncExitStack, parts: WatchParts, call: Callable[[dict[str, str]], Call]
) -> HttpStream:
    open_stream = parts.connection.open
    if parts.loads:
        try:
            with_loads = open_stream(call({"loads": "true"}), IDLE_TIMEOUT_SECONDS)
            return await stack.enter_async_context(with_loads)
        except ApiError as error:
            # If the filter is invalid instead, the second request is rejected as well.
            if not is_api_error(error, "VALIDATION_FAILED"):
                raise
    return await stack.enter_async_context(open_stream(call({}), IDLE_TIMEOUT_SECONDS))


def _to_watch_event(data: str) -> WatchEvent | None:
    """Returns None for internal stream control events and for types added by later versions."""
    try:
        parsed: Any = json.loads(data)
    except ValueError as error:
        raise NetworkError("an event of the stream is not JSON") from error
    wire = require_object(parsed)
    kind = wire.get("type")
    if kind == "reset":
        return Reset(wire.get("reason") or "the registry starts over")
    if kind == "snapshot":
        return Snapshot(to_agent(wire.get("agent")))
    if kind == "synced":
        return Synced(wire.get("revision") or 0)
    if kind == "loads":
        loads = [require_object(it) for it in require_array(wire.get("loads"))]
        return Loads({str(it.get("agent_id")): it.get("load") for it in loads})
    return to_agent_event(wire) if "agent" in wire else None
