"""The loop of one agent, which emits its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..events import Failed, Lost, Recovered, Reregistered
from ..records import Agent
from ..transport.passwords import without_password
from .calls import AgentCalls
from .heartbeat_loop import HeartbeatLoop, LoopActions
from .outage_log import OutageLog
from .schedule import HeartbeatSchedule
from .state import AgentState, logger


def create_agent_loop(
    calls: AgentCalls, state: AgentState, cancelled: Callable[[], Awaitable[None]]
) -> HeartbeatLoop:
    """Creates the loop that keeps one agent registered."""
    subject = f"agent {state.agent_id}"
    outage = OutageLog(
        logger,
        subject=subject,
        problem="cannot send heartbeats",
        registry_url=state.registry_url,
    )
    registered: list[Agent] = []

    async def register() -> HeartbeatSchedule:
        result = await calls.register(calls.heartbeat_timeout_seconds)
        registered[:] = [result.agent]
        return result.schedule

    def failed(error: Exception) -> None:
        outage.failed(error)
        state.events.emit(Failed(error))

    def lost() -> None:
        url = without_password(state.registry_url)
        logger.warning("%s: %s no longer knows it; registering again", subject, url)
        state.events.emit(Lost(state.agent_id))

    def reregistered() -> None:
        for agent in registered:
            state.events.emit(Reregistered(agent))

    def recovered(failures: int, away_seconds: float) -> None:
        outage.succeeded()
        state.events.emit(Recovered(failures, away_seconds))

    return HeartbeatLoop(
        calls.runtime,
        LoopActions(
            send_heartbeat=calls.heartbeat_if_healthy,
            register=register,
            failed=failed,
            lost=lost,
            reregistered=reregistered,
            recovered=recovered,
            cancelled=cancelled,
        ),
        ttl_seconds=state.ttl_seconds,
        asked_interval_seconds=state.asked_interval_seconds,
        interval_seconds=state.agent.heartbeat_interval_seconds,
        name=f"rollcall heartbeats of {state.agent_id}",
    )
