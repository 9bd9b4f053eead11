"""Applies environment variables and defaults to options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..runtime.runtime import Runtime
from ..runtime.tls_files import TlsFiles
from ..transport.addresses import registry_addresses
from ..transport.connection import RegistryConnection
from ..transport.responses import to_json
from .environment import environment_tls_files, environment_token, from_environment, port_from_environment
from .options import AgentOptions, ConnectionOptions
from .own_instance import own_instance_id
from .rules import require_valid_options

_DEFAULT_REGISTRY_URL = "http://localhost:9000"
_DEFAULT_PORT = 8000
_DEFAULT_TTL_SECONDS = 60

#: Properties that are sent as they were given, if they were.
_GIVEN = ("metadata", "card", "card_url", "identifier", "version", "description", "protocol", "url")


@dataclass(frozen=True)
class ResolvedAgent:
    """The properties of an agent with environment variables and defaults applied."""

    agent_id: str
    #: None: in the card.
    agent_name: str | None
    #: None: looked up at each registration, or in the card.
    host: str | None
    #: None: in the card, and the host as well.
    port: int | None
    ttl_seconds: float
    heartbeat_interval_seconds: float | None
    #: None: none is sent.
    instance_id: str | None
    #: The other properties, in the names of the wire.
    details: Mapping[str, Any]

    @property
    def has_address_in_card(self) -> bool:
        """Whether the registry takes host and port from the card."""
        return self.port is None

    def registration(self, host: str | None, instance_id: str | None) -> dict[str, Any]:
        """Returns the registration, without what the agent reports."""
        registration: dict[str, Any] = {
            "agent_id": self.agent_id,
            "agent_name": self.agent_name,
            "host": host,
            "port": self.port,
            "ttl_seconds": self.ttl_seconds,
            "instance_id": instance_id,
            **self.details,
        }
        return {name: value for name, value in registration.items() if value is not None}


def resolve_registry_url(given: str | Sequence[str] | None) -> str:
    """Returns one URL, or several joined by commas. Raises ValueError if one is not an http(s) URL."""
    urls = given or from_environment("REGISTRY_URL") or _DEFAULT_REGISTRY_URL
    return ",".join(address.given for address in registry_addresses(urls))


def open_connection(
    runtime: Runtime, options: ConnectionOptions
) -> tuple[str, RegistryConnection]:
    """Returns the URL and a connection. Raises ValueError for an invalid option."""
    require_valid_options(options)
    registry_url = resolve_registry_url(options.get("registry_url"))
    connection = RegistryConnection(
        runtime,
        registry_url=registry_url,
        token=options.get("token") or environment_token(),
        headers=options.get("headers"),
        timeout_seconds=options.get("timeout_seconds"),
        tls=_tls_files(options),
    )
    return registry_url, connection


def _tls_files(options: ConnectionOptions) -> TlsFiles | None:
    """Files that are given replace all those in the environment: a key fits one certificate."""
    given = (options.get("ca_file"), options.get("cert_file"), options.get("key_file"))
    ca_file, cert_file, key_file = given if any(given) else environment_tls_files()
    if ca_file is None and cert_file is None and key_file is None:
        return None
    return TlsFiles(ca_file=ca_file, cert_file=cert_file, key_file=key_file)


def connection_options(options: ConnectionOptions) -> ConnectionOptions:
    """Returns the options of the connection of an agent."""
    return {
        "registry_url": options.get("registry_url"),
        "token": options.get("token"),
        "headers": options.get("headers"),
        "timeout_seconds": options.get("timeout_seconds"),
        "ca_file": options.get("ca_file"),
        "cert_file": options.get("cert_file"),
        "key_file": options.get("key_file"),
    }


def resolve_agent(options: AgentOptions) -> ResolvedAgent:
    """Raises ValueError that names the invalid option and the reason."""
    agent_id = options.get("agent_id") or from_environment("POD_NAME")
    if agent_id is None:
        raise ValueError("agent_id is missing; on Kubernetes, POD_NAME is its default")
    require_valid_options({**options, "agent_id": agent_id})
    ttl = options.get("ttl_seconds") or _DEFAULT_TTL_SECONDS
    interval = options.get("heartbeat_interval_seconds")
    if interval is not None and interval >= ttl:
        raise ValueError(
            f"heartbeat_interval_seconds is {interval}, not less than the TTL of {ttl} s: "
            "the lease would lapse between two heartbeats"
        )
    for name in ("metadata", "card"):
        to_json(name, options.get(name))
    instance_id = options.get("instance_id")
    card = options.get("card")
    host, port = _address(options)
    return ResolvedAgent(
        agent_id=agent_id,
        agent_name=options.get("agent_name") or (None if card else agent_id),
        host=host,
        port=port,
        ttl_seconds=ttl,
        heartbeat_interval_seconds=interval,
        instance_id=own_instance_id() if instance_id is None else instance_id or None,
        details=_details(options),
    )


def _address(options: AgentOptions) -> tuple[str | None, int | None]:
    given_host, given_port = options.get("host"), options.get("port")
    # The environment says where the process runs; the card says where the agent is called.
    if options.get("card") and given_host is None and given_port is None:
        return None, None
    host = given_host or from_environment("AGENT_HOST") or from_environment("POD_IP")
    return host, given_port or port_from_environment() or _DEFAULT_PORT


def _details(options: AgentOptions) -> dict[str, Any]:
    details = {name: options.get(name) for name in _GIVEN}
    for name in ("capabilities", "tags"):
        words = options.get(name)
        details[name] = None if words is None else list(cast("Sequence[str]", words))
    return {name: value for name, value in details.items() if value is not None}
