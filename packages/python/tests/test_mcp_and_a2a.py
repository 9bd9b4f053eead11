"""Agents that describe themselves by their MCP server or their A2A card."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import rollcall_client
from rollcall_client.frameworks import a2a, asgi, mcp
from support.asgi import joined, running, without_lifespan
from support.registry import Registry


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
