"""The options of clients and agents, which all are keyword arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from ..records import AgentStatus
from ..transport.headers import Supplied

#: What sends the heartbeats: a task of the event loop, a thread, a process of its own, or nothing.
HeartbeatSource = Literal["task", "thread", "process", "none"]


class ConnectionOptions(TypedDict, total=False):
    """Options for the connection to the registry."""

    #: URL of the registry. Several, as a list or comma-separated, are used for failover. Credentials in
    #: the URL are sent as Basic authentication. Default: the environment variable ``REGISTRY_URL``, else
    #: ``http://localhost:9000``.
    registry_url: str | Sequence[str] | None
    #: Sent as ``authorization: Bearer``; a function is called for each request. Default: the environment
    #: variable ``ROLLCALL_TOKEN``, else the content of the file in ``ROLLCALL_TOKEN_FILE``, which is
    #: read for each request.
    token: Supplied[str] | None
    #: Sent with each request; a function is called for each. They override ``token``. Default: none.
    headers: Supplied[Mapping[str, str]] | None
    #: Timeout of a call in seconds; default 5.
    timeout_seconds: float | None
    #: PEM file with the authorities that are trusted for the registry. Default: the environment variable
    #: ``ROLLCALL_CA_FILE``, else those that httpx trusts.
    ca_file: str | None
    #: PEM file with the client certificate, and PEM file with its key, unless that is in the same file. Files
    #: that are replaced are used by new connections. Default: the environment variables
    #: ``ROLLCALL_CERT_FILE`` and ``ROLLCALL_KEY_FILE``, unless one of the three files is given.
    cert_file: str | None
    key_file: str | None


class AgentOptions(ConnectionOptions, total=False):
    """Properties of an agent, and options that keep it registered."""

    #: Letters, digits and ``. _ -``, in parts joined by ``:``; at most 255 characters. Default: the
    #: environment variable ``POD_NAME``, the name of the pod on Kubernetes; required elsewhere.
    agent_id: str | None
    #: Display name; at most 256 characters. Default: the name in the card, else the id.
    agent_name: str | None
    #: Host name or IP address where others reach the agent. Default: the environment variable
    #: ``AGENT_HOST`` or ``POD_IP``, else the address from which this machine reaches the registry, else
    #: its host name.
    host: str | None
    #: Default: the environment variable ``AGENT_PORT``, else 8000.
    port: int | None
    #: Lease duration in seconds: how long the agent is listed without a heartbeat; default 60.
    ttl_seconds: int | None
    #: Seconds between two heartbeats, less than the TTL; default: as the registry asks, a third of it.
    heartbeat_interval_seconds: float | None
    #: An object, or a string of JSON; at most 4000 characters as JSON.
    metadata: Mapping[str, Any] | str | None
    #: What the agent can do, at most 64; default: ``capabilities`` in the metadata, else none.
    capabilities: Sequence[str] | None
    #: Words by which people look for the agent, at most 64; default: none.
    tags: Sequence[str] | None
    #: The card of the agent, such as an A2A agent card: an object, or JSON text, at most 64 KiB. What other
    #: options leave out is taken from it: host and port as well, unless one of them is given. Default:
    #: unchanged.
    card: Mapping[str, Any] | str | None
    #: Where the agent serves its own card; default: none.
    card_url: str | None
    #: The name that the publisher gave the agent in catalogs, ``urn:air:…``; default: none.
    identifier: str | None
    #: Version of the agent, for display; default: none.
    version: str | None
    #: What the agent is for, in a sentence or two; default: none.
    description: str | None
    #: The protocol that its callers speak, such as ``a2a`` or ``mcp``; default: none.
    protocol: str | None
    #: URL at which to call the agent; default ``http://host:port``.
    url: str | None
    #: Default: unchanged; ``ready`` for a new agent.
    status: AgentStatus | None
    #: Load from 0 (idle) to 1 (full).
    load: float | None
    #: Identifies this process among those that register the agent: the last one is current, and the
    #: others are superseded. Up to 128 letters, digits and ``. _ : -``. Default: the environment variable
    #: ``AGENT_INSTANCE_ID``, else a UUID for the process. ``""``: none.
    instance_id: str | None
    #: Called before each heartbeat; returns whether the agent can work. The check fails if it returns
    #: False, raises, or takes longer than a sixth of the TTL. Default: no check.
    check: Callable[[], bool | Awaitable[bool]] | None
    #: What happens while the check fails: ``busy`` reports that status (default); ``silent`` sends no
    #: heartbeats, so that the lease lapses and the agent is no longer listed.
    when_check_fails: Literal["busy", "silent"] | None


class JoinOptions(AgentOptions, total=False):
    """Options of ``join``."""

    #: Seconds to retry while the registry is unreachable; default 30.
    join_timeout_seconds: float | None
    #: Default: ``task`` on an event loop, ``thread`` in blocking code. With ``process``, an agent that
    #: never releases the GIL keeps its lease. With ``none``, heartbeats are sent elsewhere, as by a group.
    heartbeat_from: HeartbeatSource | None
    #: Whether SIGTERM ends the program as Ctrl-C does, with its ``finally`` blocks, so that the agent is
    #: deregistered; only if the program has no handler of its own. Default True.
    exit_on_sigterm: bool | None
