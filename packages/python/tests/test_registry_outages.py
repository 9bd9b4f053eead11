"""An agent survives the registry."""

from __future__ import annotations

import pytest
from support.program import Program
from support.registry import Registry, eventually

ASYNC = """
    import asyncio, sys, rollcall_client
    async def main():
        async with rollcall_client.join(AGENT, ttl_seconds=2, heartbeat_from="SOURCE"):
            print("joined")
            await asyncio.to_thread(sys.stdin.readline)
    asyncio.run(main())
"""


@pytest.mark.parametrize("source", ["task", "thread", "process"])
@pytest.mark.parametrize("loses_file", [False, True], ids=["same file", "lost file"])
def test_an_agent_is_back_after_a_killed_registry(
    source: str, loses_file: bool, registry: Registry
) -> None:
    program = Program(ASYNC.replace("SOURCE", source), registry.url)
    assert program.line() == "joined"
    registry.kill()
    if loses_file:
        for file in registry.file.parent.glob("rollcall.db*"):
            file.unlink()
    registry.start()

    def is_renewed() -> bool:
        found = registry.client.get("a-1")
        return found is not None and found.is_alive and found.last_heartbeat > found.registered_at

    eventually(is_renewed)
    program.go_on()
    code, errors = program.end()
    assert code == 0, errors
    assert registry.client.get("a-1") is None
