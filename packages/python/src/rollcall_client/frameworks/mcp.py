"""MCP servers: ``MCPServer`` of ``mcp`` 2, and ``FastMCP`` of ``mcp`` 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..options.options import JoinOptions
from ..options.own_host import own_host
from ..options.resolve import resolve_agent, resolve_registry_url
from ..transport.wire import bracketed_host
from .asgi import AgentApp, App, Lifespan

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: What the registry accepts.
_MAX_CAPABILITIES, _MAX_CAPABILITY_CHARACTERS = 64, 128
_MAX_NAME_CHARACTERS, _MAX_DESCRIPTION_CHARACTERS = 256, 1024


class McpServer(Protocol):
    """What both classes have in common."""

    @property
    def name(self) -> str: ...

    @property
    def instructions(self) -> str | None: ...

    async def list_tools(self) -> Sequence[Any]: ...

    def streamable_http_app(self) -> Any: ...


def with_agent(
    server: McpServer, app: App | None = None, *, path: str = "/mcp", **options: Unpack[JoinOptions]
) -> App:
    """Returns the Streamable HTTP app of an MCP server as an agent.

    ::

        app = with_agent(server, agent_id="adder-1", port=8000)  # uvicorn adder:app

    The agent has the protocol ``mcp``, the URL of the endpoint, the name and the instructions of the server,
    and its tools as capabilities (the first 64), as they are when it joins; options that are given count
    before these. ``app``: default ``server.streamable_http_app()``; ``path`` is that of its endpoint. Of
    several workers, one is the agent; see ``WorkerAgent``. Raises TypeError or ValueError for an invalid
    option.
    """

    async def describe(given: JoinOptions) -> JoinOptions:
        return await options_of(server, path, given)

    return AgentApp(app or server.streamable_http_app(), Lifespan(options, describe))


async def options_of(server: McpServer, path: str, given: JoinOptions) -> JoinOptions:
    """Returns what an agent takes from its MCP server."""
    agent = resolve_agent(given)
    host = agent.host or own_host(resolve_registry_url(given.get("registry_url")))
    tools = [str(tool.name) for tool in await server.list_tools()]
    named = [name for name in tools if len(name) <= _MAX_CAPABILITY_CHARACTERS]
    options: JoinOptions = {
        "agent_name": server.name[:_MAX_NAME_CHARACTERS],
        "protocol": "mcp",
        "url": f"http://{bracketed_host(host)}:{agent.port}{path}",
        "capabilities": named[:_MAX_CAPABILITIES],
    }
    if server.instructions:
        options["description"] = server.instructions[:_MAX_DESCRIPTION_CHARACTERS]
    version = getattr(server, "version", None)
    if isinstance(version, str) and version:
        options["version"] = version
    return options
