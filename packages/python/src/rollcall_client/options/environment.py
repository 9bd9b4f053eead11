"""Environment variables."""

from __future__ import annotations

import os

from ..transport.headers import Supplied

_TOKEN_FILE = "ROLLCALL_TOKEN_FILE"


def from_environment(name: str) -> str | None:
    """Returns an environment variable; None if it is unset or empty."""
    return os.environ.get(name) or None


def environment_token() -> Supplied[str] | None:
    """Returns the token in ``ROLLCALL_TOKEN``, or a function that reads the file in ``ROLLCALL_TOKEN_FILE``.

    The file is read for each call, because tokens that expire are replaced in it.
    """
    token, path = from_environment("ROLLCALL_TOKEN"), from_environment(_TOKEN_FILE)
    if token is not None or path is None:
        return token

    def read() -> str:
        with open(path, encoding="utf-8") as file:
            content = file.read().strip()
        if not content:
            raise ValueError(f"{_TOKEN_FILE} names {path}, which is empty")
        return content

    return read


def environment_tls_files() -> tuple[str | None, str | None, str | None]:
    """Returns ``ROLLCALL_CA_FILE``, ``ROLLCALL_CERT_FILE`` and ``ROLLCALL_KEY_FILE``."""
    ca_file, cert_file, key_file = (
        from_environment(f"ROLLCALL_{name}_FILE") for name in ("CA", "CERT", "KEY")
    )
    return ca_file, cert_file, key_file


def port_from_environment() -> int | None:
    """Raises ValueError if ``AGENT_PORT`` is not a port."""
    text = from_environment("AGENT_PORT")
    if text is None:
        return None
    port = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= port <= 65_535:
        raise ValueError(f'AGENT_PORT is "{text}"; it must be a whole number from 1 to 65535')
    return port
