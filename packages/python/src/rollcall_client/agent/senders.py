"""Creates what sends the heartbeats of an agent."""

from __future__ import annotations

from typing import Any

from ..errors import RegistryClientError
from ..options.options import JoinOptions
from ..options.resolve import connection_options, open_connection
from ..process.sender import ProcessSender
from ..runtime.blocking import BlockingRuntime, run_blocking
from ..runtime.runtime import Runtime
from ..transport.connection import RegistryConnection
from ..transport.registry_api import RegistryApi
from .agent_loop import create_agent_loop
from .calls import AgentCalls
from .heartbeat_loop import HeartbeatLoop
from .sender import HeartbeatSender, LoopSender
from .state import AgentState, logger


def create_sender(
    runtime: Runtime,
    options: JoinOptions,
    state: AgentState,
    calls: AgentCalls,
    connection: RegistryConnection,
) -> HeartbeatSender:
    """Creates the sender that the option ``heartbeat_from`` names."""
    is_blocking = isinstance(runtime, BlockingRuntime)
    source = options.get("heartbeat_from") or ("thread" if is_blocking else "task")
    if source == "task" and is_blocking:
        raise ValueError("heartbeat_from is 'task'; blocking code has no event loop for it")
    if source == "none":
        return HeartbeatSender()
    if source == "process":
        return _process_sender(options, state)
    if source == "task" or is_blocking:
        return LoopSender(lambda: create_agent_loop(calls, state, connection.close))
    return LoopSender(lambda: _thread_loop(options, state))


def blocking_calls(
    options: JoinOptions, state: AgentState
) -> tuple[AgentCalls, RegistryConnection]:
    """Returns the calls of an agent without its event loop, and their connection."""
    runtime = BlockingRuntime()
    _, connection = open_connection(runtime, connection_options(options))
    calls = AgentCalls(runtime, state, RegistryApi(connection), connection.timeout_seconds)
    return calls, connection


def _thread_loop(options: JoinOptions, state: AgentState) -> HeartbeatLoop:
    """The loop in a thread, beside an event loop that may be busy."""
    calls, connection = blocking_calls(options, state)
    return create_agent_loop(calls, state, connection.close)


def _process_sender(options: JoinOptions, state: AgentState) -> ProcessSender:
    fallback = LoopSender(lambda: _thread_loop(options, state))

    def begin() -> dict[str, Any]:
        return {
            "registry_url": state.registry_url,
            "agent_id": state.agent_id,
            # The process has a module of its own, and would be another instance.
            "instance_id": state.instance.id or "",
            **state.report.last,
        }

    def on_event(kind: str, payload: Any) -> None:
        if kind == "arrived":
            state.report.settle(payload)
        elif kind == "superseded":
            _confirm_superseded(options, state)
        else:
            state.events.emit(payload)

    def fall_back() -> None:
        logger.warning(
            "agent %s: its heartbeat process has ended; a thread sends the heartbeats instead",
            state.agent_id,
        )
        if not state.is_away:
            fallback.start()

    return ProcessSender(
        options, begin=begin, on_event=on_event, fall_back=fall_back, fallback=fallback
    )


def _confirm_superseded(options: JoinOptions, state: AgentState) -> None:
    """The agent, which knows of its later registrations, finds out for itself."""
    calls, connection = blocking_calls(options, state)

    async def confirm() -> None:
        try:
            if not state.is_away:
                await calls.heartbeat(calls.heartbeat_timeout_seconds)
        except RegistryClientError:
            pass
        finally:
            await connection.close()

    run_blocking(confirm())
