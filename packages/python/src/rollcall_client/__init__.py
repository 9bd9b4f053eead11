"""Client of the Rollcall agent registry: join, stay alive, find other agents.

Asynchronous; ``rollcall_client.sync`` has the same names for blocking code.
"""

from .agent.client import AgentRegistryClient, Joining, join
from .agent.group import AgentGroup
from .discovery.client import DiscoveryClient, LiveView
from .discovery.pick import PickStrategy
from .discovery.query import AgentFilter, AgentQuery
from .errors import ApiError, InvalidField, NetworkError, RegistryClientError, TimeoutError
from .options.options import AgentOptions, ConnectionOptions, JoinOptions
from .records import (
    Agent,
    AgentEvent,
    AgentStatus,
    Disconnected,
    Loads,
    Maintenance,
    RegistrationWarning,
    Reset,
    Snapshot,
    Synced,
    WatchEvent,
)

__all__ = [
    "Agent",
    "AgentEvent",
    "AgentFilter",
    "AgentGroup",
    "AgentOptions",
    "AgentQuery",
    "AgentRegistryClient",
    "AgentStatus",
    "ApiError",
    "ConnectionOptions",
    "Disconnected",
    "DiscoveryClient",
    "InvalidField",
    "JoinOptions",
    "Joining",
    "LiveView",
    "Loads",
    "Maintenance",
    "NetworkError",
    "PickStrategy",
    "RegistrationWarning",
    "RegistryClientError",
    "Reset",
    "Snapshot",
    "Synced",
    "TimeoutError",
    "WatchEvent",
    "join",
]
