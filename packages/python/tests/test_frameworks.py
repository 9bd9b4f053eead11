"""Agents in web applications and functions, without a web server."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import rollcall_client
from rollcall_client import AgentRegistryClient, sync
from rollcall_client.frameworks import WorkerAgent, a2a, asgi, mcp, runs_as_agent, starlette, wsgi
from rollcall_client.frameworks.worker_agent import worker_options
from starlette.applications import Starlette
from support.asgi import running
from support.program import Program
from support.registry import WAIT_SECONDS, Registry, eventually

Worker = WorkerAgent[AgentRegistryClient]


async def joined(state: dict[str, Any]) -> AgentRegistryClient:
    worker: Worker = state["rollcall"]
    return await asyncio.to_thread(lambda: eventually(lambda: worker.agent))


async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"


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


def test_a_wsgi_app_is_an_agent_until_it_is_closed(registry: Registry) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return [environ["rollcall"].agent.agent_id.encode()]

    agent_app = wsgi.with_agent(
        app, agent_id="a-1", registry_url=registry.url, exit_on_sigterm=False
    )
    eventually(lambda: agent_app.agent)
    assert agent_app({}, None) == [b"a-1"]
    agent_app.close()
    assert agent_app.agent is None
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_forked_worker_is_not_the_agent_of_its_parent(registry: Registry) -> None:
    source = """
        import os
        from rollcall_client.frameworks.wsgi import with_agent
        app = with_agent(lambda environ, start_response: [], agent_id="a-1")
        while app.agent is None: pass
        if os.fork() == 0:
            print(app.agent, flush=True)
            os._exit(0)
        os.wait()
    """
    program = Program(source, registry.url)
    assert program.line() == "None"
    assert program.end()[0] == 0


def decorated(app: object, **options: Any) -> object:
    return runs_as_agent(**options)


@pytest.mark.parametrize("frame", [asgi.with_agent, wsgi.with_agent, decorated])
def test_an_invalid_option_is_rejected_at_once(frame: Any) -> None:
    with pytest.raises(ValueError, match="ttl_seconds is -1"):
        frame(without_lifespan, agent_id="a-1", ttl_seconds=-1)
    with pytest.raises(TypeError, match="there is no option colour"):
        frame(without_lifespan, agent_id="a-1", colour="red")


def test_an_asynchronous_function_runs_as_an_agent(registry: Registry) -> None:
    @runs_as_agent(agent_id="a-1", registry_url=registry.url)
    async def work(agent: AgentRegistryClient, word: str, *, times: int) -> str:
        assert (await agent.get("a-1")) is not None
        return word * times

    assert asyncio.run(work("la", times=2)) == "lala"
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_blocking_function_runs_as_an_agent_until_it_raises(registry: Registry) -> None:
    @runs_as_agent(agent_id="a-1", registry_url=registry.url)
    def work(agent: sync.AgentRegistryClient) -> None:
        assert agent.get("a-1") is not None
        raise LookupError

    with pytest.raises(LookupError):
        work()
    assert work.__name__ == "work"
    assert registry.transitions("a-1") == ["registered", "deregistered"]


class Tool:
    """A tool of an MCP server."""

    def __init__(self, name: str) -> None:
        self.name = name


class FastMcp:
    """What ``FastMCP`` of ``mcp`` 1 has."""

    name = "n" * 300
    instructions = "i" * 2000
    version = "1"

    async def list_tools(self) -> list[Tool]:
        return [Tool("t" * 129), *(Tool(f"tool-{number}") for number in range(70))]

    def streamable_http_app(self) -> asgi.App:
        return without_lifespan


def test_the_registry_accepts_what_a_large_mcp_server_says(registry: Registry) -> None:
    async def run() -> None:
        app = mcp.with_agent(
            FastMcp(),
            path="/other",
            agent_id="m-1",
            host="::1",
            port=8123,
            version="7",
            registry_url=registry.url,
        )
        async with running(app) as state:
            agent = await joined(state)
            found = await agent.get("m-1")
        assert found is not None
        assert (found.protocol, found.url) == ("mcp", "http://[::1]:8123/other")
        assert found.capabilities == tuple(f"tool-{number}" for number in range(64))
        assert (found.agent_name, found.description) == ("n" * 256, "i" * 1024)
        assert found.version == "7"

    asyncio.run(run())


CARD: dict[str, Any] = {
    "name": "Echo",
    "description": "Says everything back.",
    "version": "1.0.0",
    "supportedInterfaces": [
        {"url": "http://10.0.0.7:8123/rpc", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
    ],
    "capabilities": {},
    "defaultInputModes": ["text/plain"],
    "defaultOutputModes": ["text/plain"],
    "skills": [{"id": "echo", "name": "Echo", "description": "Says it.", "tags": ["text"]}],
}


class PydanticCard:
    """What ``AgentCard`` of ``a2a-sdk`` 0.3 has."""

    def model_dump(self, *, mode: str, by_alias: bool, exclude_none: bool) -> dict[str, Any]:
        assert (mode, by_alias, exclude_none) == ("json", True, True)
        return CARD


@pytest.mark.parametrize("card", [CARD, PydanticCard()], ids=["mapping", "a2a-sdk 0.3"])
def test_an_agent_joins_by_its_card(card: Any, registry: Registry) -> None:
    async def run() -> None:
        async with a2a.join(card, agent_id="e-1", registry_url=registry.url) as agent:
            found = await agent.get("e-1")
            assert found is not None
            assert (found.agent_name, found.protocol, found.version) == ("Echo", "a2a", "1.0.0")
            assert (found.host, found.port, found.url) == ("10.0.0.7", 8123, "http://10.0.0.7:8123/rpc")
            assert (found.capabilities, found.tags, found.has_card) == (("echo",), ("text",), True)
            assert await agent.card("e-1") == CARD
            assert await agent.card("unknown") is None
        async with rollcall_client.join(agent_id="e-2", registry_url=registry.url) as agent:
            assert await agent.card("e-2") is None
        async with a2a.join(card, agent_id="e-1", port=9, registry_url=registry.url) as agent:
            found = await agent.get("e-1")
            assert found is not None and found.port == 9

    asyncio.run(run())
