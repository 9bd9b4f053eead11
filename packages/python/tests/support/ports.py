"""Ports that stay free between two starts of a server."""

from __future__ import annotations

import random
import socket

HOST = "127.0.0.1"
#: Below those that kernels give to connections and to servers with port 0.
_PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Returns a port that nothing listens on."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
