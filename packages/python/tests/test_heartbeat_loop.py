"""A heartbeat loop whose event loop is being closed."""

from __future__ import annotations

import asyncio

from rollcall_client.agent.heartbeat_loop import HeartbeatLoop, LoopActions
from rollcall_client.agent.schedule import HeartbeatSchedule
from rollcall_client.runtime.asynchronous import AsyncRuntime


def test_a_cancelled_loop_closes_its_connections_although_it_is_stopped_meanwhile() -> None:
    closed: list[str] = []

    async def send() -> HeartbeatSchedule:
        return HeartbeatSchedule()

    async def close_connections() -> None:
        # One after the other, as httpx does.
        for name in ("one", "two", "three"):
            await asyncio.sleep(0)
            closed.append(name)

    async def run() -> None:
        actions = LoopActions(
            send_heartbeat=send,
            register=send,
            failed=lambda error: None,
            lost=lambda: None,
            reregistered=lambda: None,
            recovered=lambda failures, seconds: None,
            cancelled=close_connections,
        )
        loop = HeartbeatLoop(
            AsyncRuntime(), actions, ttl_seconds=60, interval_seconds=None, name="heartbeats"
        )
        loop.start()
        await asyncio.sleep(0)
        (task,) = (it for it in asyncio.all_tasks() if it.get_name() == "heartbeats")
        task.cancel()
        while not closed:
            await asyncio.sleep(0)
        await loop.stop()
        assert task.done()

    asyncio.run(run())
    assert closed == ["one", "two", "three"]
