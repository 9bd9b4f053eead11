"""The process that sends the heartbeats of an agent whose own process is busy.

It receives every report of the agent, so that it can register it again; the agent itself deregisters.
Started as ``python -m rollcall_client.process.heartbeat_process``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from ..agent.agent_loop import create_agent_loop
from ..agent.calls import AgentCalls
from ..agent.heartbeat_loop import HeartbeatLoop
from ..agent.state import AgentState
from ..events import Failed, Lost, Recovered, Reregistered
from ..options.resolve import open_connection
from ..runtime.blocking import BlockingRuntime
from ..transport.registry_api import RegistryApi
from .messages import decode, encode, encode_error

_write_lock = threading.Lock()


def main() -> None:
    """Sends heartbeats until the standard input ends: the agent has stopped, or its process has died."""
    # A terminal sends them to both processes; the agent decides when its heartbeats end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _send("started", None)
    begin = sys.stdin.buffer.readline()
    if not begin:
        return  # The agent has not joined.
    state, loop = _create(decode(begin)["begin"])
    loop.start()
    for line in sys.stdin.buffer:
        message = decode(line)
        number = state.report.record(message["report"])
        state.report.delivered(number).add_done_callback(_arrived(message["number"]))
    # Not `sys.exit`: a heartbeat in flight must not delay the end.
    os._exit(0)


def _create(options: Any) -> tuple[AgentState, HeartbeatLoop]:
    runtime = BlockingRuntime()
    registry_url, connection = open_connection(runtime, options)
    state = AgentState(options, registry_url, lambda error: _send("superseded", None))
    calls = AgentCalls(runtime, state, RegistryApi(connection), connection.timeout_seconds)
    events = state.events
    events.on(Failed, lambda event: _send("failed", encode_error(event.error)))
    events.on(Lost, lambda event: _send("lost", event.agent_id))
    events.on(Reregistered, lambda event: _send("reregistered", {"agent_id": event.agent.agent_id}))
    events.on(
        Recovered,
        lambda event: _send(
            "recovered", {"failures": event.failures, "away_seconds": event.away_seconds}
        ),
    )
    return state, create_agent_loop(calls, state, connection.close)


def _arrived(number: int) -> Callable[[Any], None]:
    def done(future: Any) -> None:
        if future.exception() is None:
            _send("arrived", number)

    return done


def _send(event: str, payload: object) -> None:
    try:
        with _write_lock:
            sys.stdout.buffer.write(encode({"event": event, "payload": payload}))
            sys.stdout.buffer.flush()
    except OSError:
        os._exit(0)  # The agent is gone.


if __name__ == "__main__":
    main()
