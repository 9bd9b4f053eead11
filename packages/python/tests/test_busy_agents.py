"""An agent that computes keeps its lease, if its heartbeats do not depend on what is busy."""

from __future__ import annotations

import pytest
from support.program import Program
from support.registry import Registry

SOURCE = """
    import asyncio, time, rollcall_client
    def compute(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            COMPUTE
    async def main():
        async with rollcall_client.join(AGENT, ttl_seconds=4, heartbeat_from="SOURCE") as agent:
            compute(13)
            print(*[event.type for event in await agent.history("a-1")])
    asyncio.run(main())
"""
#: One call of a C function holds the GIL for longer than the TTL.
HOLDS_GIL = "sum(range(500_000_000))"
RELEASES_GIL = "sum(range(1000))"


@pytest.mark.parametrize(
    ("source", "compute", "stays"),
    [
        ("task", RELEASES_GIL, False),
        ("thread", RELEASES_GIL, True),
        ("thread", HOLDS_GIL, False),
        ("process", HOLDS_GIL, True),
    ],
)
def test_an_agent_computes_for_three_ttls(
    source: str, compute: str, stays: bool, registry: Registry
) -> None:
    program = Program(
        SOURCE.replace("SOURCE", source).replace("COMPUTE", compute), registry.url
    )
    transitions = program.line().split()

    assert program.end()[0] == 0
    assert ("expired" not in transitions) is stays, transitions


def test_reports_reach_the_registry_beside_the_heartbeat_process(registry: Registry) -> None:
    source = """
        from rollcall_client import sync
        with sync.join(AGENT, ttl_seconds=1, heartbeat_from="process") as agent:
            agent.set_status("busy")
            agent.heartbeat(load=0.5)
            found = agent.get("a-1")
            print(found.status, found.load)
            agent.report(status="draining")
            while agent.get("a-1").status != "draining": pass
            print("arrived")
    """
    program = Program(source, registry.url)

    assert program.line() == "busy 0.5"
    assert program.line() == "arrived"
    # On a busy machine, a heartbeat may time out, and be repeated, which is logged.
    code, errors = program.end()
    assert code == 0, errors
