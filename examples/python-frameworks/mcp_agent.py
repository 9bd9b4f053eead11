"""An MCP server: AGENT_HOST=127.0.0.1 AGENT_PORT=8000 uvicorn mcp_agent:app --port 8000"""

from mcp.server import MCPServer
from rollcall_client.frameworks.mcp import with_agent

server = MCPServer("Adder", instructions="Adds numbers.", version="1.0.0")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


app = with_agent(server, agent_id="mcp-1")
