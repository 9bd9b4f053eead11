"""What the registry returns. Fields have the names of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Union

#: The status that an agent reports.
AgentStatus = Literal["ready", "busy", "draining"]


@dataclass(frozen=True)
class Maintenance:
    """What an operator has decided about an agent, which is then shown as ``draining``."""

    #: Why, for humans.
    reason: str
    #: When it began.
    since: datetime
    #: Who decided it.
    by: str


@dataclass(frozen=True)
class Agent:
    """An agent, as returned by the registry."""

    #: The unique id in the registry.
    agent_id: str
    #: Display name.
    agent_name: str
    #: Host name or IP address.
    host: str
    #: Port, 1 to 65535.
    port: int
    #: URL at which to call the agent.
    url: str
    #: Version of the agent; None if it never reported one.
    version: str | None
    #: What the agent is for; None if it did not say.
    description: str | None
    #: The protocol that its callers speak, such as ``a2a`` or ``mcp``; None if it did not say.
    protocol: str | None
    #: The name that the publisher gave the agent in catalogs; None if it did not say.
    identifier: str | None
    #: Where the agent serves its own card; None if it did not say.
    card_url: str | None
    #: Lease duration in seconds: how long the agent is listed without a heartbeat.
    ttl_seconds: int
    #: Metadata as registered: an object, a string of JSON, or None.
    metadata: Mapping[str, Any] | str | None
    #: What the agent can do.
    capabilities: tuple[str, ...]
    #: Words by which people look for the agent.
    tags: tuple[str, ...]
    #: Whether the agent has a card; see ``DiscoveryClient.card``.
    has_card: bool
    #: ``ready``, ``busy`` or ``draining``; ``suspect`` or ``expired`` if the registry says so.
    status: str
    #: What an operator has decided about the agent; None: nothing.
    maintenance: Maintenance | None
    #: Load from 0 (idle) to 1 (full), or None if the agent never reported it.
    load: float | None
    #: The process that registered the agent; None if it did not say.
    instance_id: str | None
    #: Number of instances that have registered the agent, one after the other.
    incarnation: int
    #: The principal that the agent belongs to; None: nobody.
    owner: str | None
    #: Time of the first registration; registering again does not change it.
    registered_at: datetime
    #: Time of the last visible change.
    updated_at: datetime
    #: Time of the last heartbeat or registration.
    last_heartbeat: datetime
    #: When the lease lapses without another heartbeat.
    expires_at: datetime
    #: Whether the lease is active, as determined by the registry at the time of the read.
    is_alive: bool
    #: Revision of the last visible change.
    revision: int


@dataclass(frozen=True)
class RegistrationWarning:
    """Advice of the registry about a registration that it accepted."""

    code: str
    #: JSON pointer to the field.
    pointer: str
    message: str


@dataclass(frozen=True)
class AgentEvent:
    """A visible change of one agent. In a watch: keep the agent if it is ``listed``, remove it otherwise."""

    #: Revision of the registry after the change.
    revision: int
    #: ``registered``, ``expired`` and so on; ``entered`` and ``left`` mean that the agent starts or stops
    #: matching the filter.
    type: str
    agent_id: str
    at: datetime
    #: Human-readable reason.
    reason: str
    #: Who asked for it: a principal, or ``anonymous (ADDRESS)``; None: nobody, as for an expiry.
    actor: str | None
    #: Whether a list with the same filter contains the agent after the change.
    listed: bool
    #: The agent after the change; its last state if it was removed.
    agent: Agent


@dataclass(frozen=True)
class Reset:
    """Discard all agents: a full snapshot follows. Always the first event of a watch."""

    reason: str
    type: Literal["reset"] = "reset"


@dataclass(frozen=True)
class Snapshot:
    """An agent in the snapshot."""

    agent: Agent
    listed: Literal[True] = True
    type: Literal["snapshot"] = "snapshot"


@dataclass(frozen=True)
class Synced:
    """The snapshot is complete; live changes follow."""

    revision: int
    type: Literal["synced"] = "synced"


@dataclass(frozen=True)
class Disconnected:
    """The connection is lost; the watch reconnects and resumes automatically."""

    error: Exception
    type: Literal["disconnected"] = "disconnected"


@dataclass(frozen=True)
class Loads:
    """New loads of some listed agents; only from a watch with ``loads=True``."""

    #: By agent id; None if the agent never reported its load.
    loads: Mapping[str, float | None]
    type: Literal["loads"] = "loads"


#: An event of a watch, in the order of delivery.
WatchEvent = Union[Reset, Snapshot, Synced, AgentEvent, Disconnected, Loads]
