"""The address of this machine."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from ..transport.addresses import registry_addresses

#: Port of the scheme, if the URL has none.
_PORTS = {"http": 80, "https": 443}


def own_host(registry_url: str) -> str:
    """Returns the address where others reach this machine.

    That is the local address of its route to the registry, determined without sending anything. Falls
    back to the host name.
    """
    first = urlsplit(registry_addresses(registry_url)[0].url)
    port = first.port or _PORTS[first.scheme]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((first.hostname, port))
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return socket.gethostname() or "localhost"
