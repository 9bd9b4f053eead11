"""Agents in ASGI applications, without a web server."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rollcall_client.frameworks import asgi, starlette
from rollcall_client.frameworks.worker_agent import worker_options
from rollcall_client.process.worker_lock import WorkerLock
from starlette.applications import Starlette
from support.asgi import joined, running, without_lifespan
from support.registry import WAIT_SECONDS, Registry, eventually


async def with_lifespan(scope: Any, receive: Any, send: Any) -> None:
    for kind in ("startup", "shutdown"):
        assert (await receive())["type"] == f"lifespan.{kind}"
        await send({"type": f"lifespan.{kind}.complete"})


@pytest.mark.parametrize("app", [without_lifespan, with_lifespan])
def test_an_asgi_app_is_an_agent_during_its_lifespan(app: asgi.App, registry: Registry) -> None:
    async def run() -> None:
        agent_app = asgi.with_agent(app, agent_id="a-1", port=8000, registry_url=registry.url)
        async with running(agent_app) as state:
            agent = await joined(state)
            assert (await agent.get("a-1")) is not None
        assert state["rollcall"].agent is None

    asyncio.run(run())
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_an_asgi_app_is_no_agent_before_it_has_started(registry: Registry) -> None:
    was_free: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        # A task that runs by now has taken the lock in its first step.
        await asyncio.sleep(0)
        lock = WorkerLock(registry.url, "a-1")
        was_free.append(lock.acquire())
        lock.release()
        await send({"type": "lifespan.startup.complete"})
        await joined(scope["state"])
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def run() -> None:
        async with running(asgi.with_agent(app, agent_id="a-1", registry_url=registry.url)):
            pass

    asyncio.run(run())
    assert was_free == [True]
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_an_asgi_app_is_asked_to_stop_when_the_agent_has_left(registry: Registry) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        seen.append(registry.transitions("a-1")[-1])
        await send({"type": "lifespan.shutdown.complete"})

    async def run() -> None:
        async with running(asgi.with_agent(app, agent_id="a-1", registry_url=registry.url)) as state:
            await joined(state)

    asyncio.run(run())
    assert seen == ["deregistered"]


def test_an_asgi_app_that_fails_to_start_fails_to_start_as_an_agent(registry: Registry) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise LookupError("no database")

    async def run() -> None:
        agent_app = asgi.with_agent(failing, agent_id="a-1", registry_url=registry.url)
        with pytest.raises(LookupError):
            async with running(agent_app):
                pass

    asyncio.run(run())
    assert registry.client.history("a-1") is None


def test_the_agent_of_an_asgi_app_that_fails_later_leaves(registry: Registry) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await joined(scope["state"])
        raise LookupError("a background task")

    async def run() -> None:
        agent_app = asgi.with_agent(failing, agent_id="a-1", registry_url=registry.url)
        with pytest.raises(LookupError):
            async with running(agent_app):
                pass

    asyncio.run(run())
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_starlette_app_keeps_its_own_lifespan(registry: Registry) -> None:
    steps: list[str] = []

    @asynccontextmanager
    async def own(app: Starlette) -> AsyncGenerator[dict[str, str], None]:
        steps.append("started")
        yield {"database": "open"}
        # The agent has left before what it needs is closed.
        steps.append(registry.transitions("a-1")[-1])

    async def run() -> None:
        lifespan = starlette.lifespan(own, agent_id="a-1", registry_url=registry.url)
        async with running(Starlette(lifespan=lifespan)) as state:
            assert state["database"] == "open"
            await joined(state)

    asyncio.run(run())
    assert steps == ["started", "deregistered"]


def test_an_app_starts_without_a_registry_and_joins_when_it_is_there(registry: Registry) -> None:
    async def run() -> None:
        registry.kill()
        app = asgi.with_agent(without_lifespan, agent_id="a-1", registry_url=registry.url)
        async with running(app) as state:
            assert state["rollcall"].agent is None
            await asyncio.to_thread(registry.start)
            await joined(state)
        # However long that takes.
        options, _ = worker_options({"agent_id": "a-1"})
        assert options.get("join_timeout_seconds") == math.inf

    asyncio.run(run())
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_an_app_stops_while_it_is_joining(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        before = asyncio.all_tasks()
        # Nothing listens there.
        url = "http://127.0.0.1:9"
        app = asgi.with_agent(without_lifespan, agent_id="a-1", registry_url=url)
        async with running(app):
            await asyncio.to_thread(lambda: eventually(lambda: "retrying" in caplog.text))
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(run(), WAIT_SECONDS))


def test_a_second_app_with_the_same_agent_takes_over_when_the_first_has_stopped(
    registry: Registry,
) -> None:
    def app() -> asgi.App:
        return asgi.with_agent(without_lifespan, agent_id="a-1", registry_url=registry.url)

    async def run() -> None:
        second = running(app())
        async with running(app()) as first_state:
            await joined(first_state)
            state = await second.__aenter__()
            assert state["rollcall"].agent is None
        await joined(state)
        await second.__aexit__(None, None, None)

    asyncio.run(run())
    assert registry.transitions("a-1") == ["registered", "deregistered"] * 2
