"""Where agents live: in web servers, in servers of A2A and MCP, in functions.

Each module needs its framework only when it is used.
"""

from .functions import runs_as_agent
from .worker_agent import WorkerAgent

__all__ = ["WorkerAgent", "runs_as_agent"]
