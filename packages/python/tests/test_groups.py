"""Agents in one process that share their heartbeats."""

from __future__ import annotations

import asyncio
import os

import pytest
import rollcall_client
from rollcall_client import sync
from support.program import Program
from support.registry import Registry, eventually

AGENTS = 200


def test_of_agents_that_join_at_once_16_register_at_a_time(registry: Registry) -> None:
    async def join_all() -> int:
        async with rollcall_client.AgentGroup(registry_url=registry.url) as group:
            before = len(os.listdir("/dev/fd"))
            await asyncio.gather(
                *(group.join(agent_id=f"g-{number}", port=8000) for number in range(AGENTS))
            )
            # Each request in flight has a connection, which stays open for a few seconds after it.
            connections = len(os.listdir("/dev/fd")) - before
            assert len(group.agents) == AGENTS
            return connections

    # A heartbeat may come in addition.
    assert 1 <= asyncio.run(join_all()) <= 17
    assert registry.client.list(agent_id="g-*") == []


@pytest.mark.parametrize("module", ["rollcall_client", "rollcall_client.sync"])
def test_agents_of_a_group_leave_at_exit(module: str, registry: Registry) -> None:
    wait = "" if module.endswith("sync") else "await "
    source = f"""
        import asyncio, {module} as sdk
        async def main():
            group = sdk.AgentGroup(registry_url="{registry.url}")
            for agent_id in ("g-1", "g-2"):
                {wait}group.join(agent_id=agent_id, port=8000)
            print("joined")
        asyncio.run(main())
    """
    # Nothing listens at the URL in the environment: that of the group counts.
    program = Program(source, "http://127.0.0.1:9")

    assert program.line() == "joined"
    assert program.end() == (0, "")
    assert registry.transitions("g-1")[-1] == "deregistered"
    assert registry.client.list(agent_id="g-*") == []


def test_a_group_that_leaves_for_too_long_lets_leases_lapse(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    group = sync.AgentGroup(registry_url=registry.url)
    for agent_id in ("g-1", "g-2"):
        group.join(agent_id=agent_id, port=8000, ttl_seconds=1)
    group.close(timeout_seconds=0)

    assert group.agents == ()
    assert "has left 2 of its agents registered" in caplog.text
    eventually(lambda: registry.transitions("g-1") == ["registered", "expired"])


def test_the_agents_of_a_group_share_a_connection_at_exit(registry: Registry) -> None:
    source = f"""
        import atexit, asyncio, sys
        connected = []
        # Registered first, so it runs last.
        atexit.register(lambda: print(len(connected)))
        import rollcall_client
        async def main():
            group = rollcall_client.AgentGroup(registry_url="{registry.url}")
            for number in range(20):
                await group.join(agent_id=f"g-{{number}}", port=8000)
        asyncio.run(main())
        sys.addaudithook(lambda event, args: event == "socket.connect" and connected.append(args))
    """
    program = Program(source, "http://127.0.0.1:9")

    assert program.line() == "1"
    assert program.end() == (0, "")
    assert registry.client.list(agent_id="g-*") == []
