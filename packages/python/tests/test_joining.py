"""A caller that gives up while an agent joins leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib

import rollcall_client
from rollcall_client import events
from support.registry import Registry


def test_an_agent_that_is_cancelled_when_it_has_registered_leaves(registry: Registry) -> None:
    async def run() -> None:
        before = asyncio.all_tasks()
        joining = rollcall_client.join(agent_id="a-1", registry_url=registry.url)

        async def join() -> None:
            await joining

        task = asyncio.create_task(join())
        client = joining._client  # pyright: ignore[reportPrivateUsage]
        client.on(events.Registered, lambda _: task.cancel())
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert asyncio.all_tasks() == before

    asyncio.run(run())
    assert registry.transitions("a-1") == ["registered", "deregistered"]
