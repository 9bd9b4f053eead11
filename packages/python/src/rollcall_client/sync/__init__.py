"""The same client for blocking code.

::

    with rollcall_client.sync.join(agent_id="researcher-1", port=8000) as agent:
        agent.set_status("busy")

A thread sends the heartbeats. All clients may be shared by threads.
"""

from .client import AgentRegistryClient, join
from .discovery import DiscoveryClient, LiveView
from .group import AgentGroup

__all__ = ["AgentGroup", "AgentRegistryClient", "DiscoveryClient", "LiveView", "join"]
