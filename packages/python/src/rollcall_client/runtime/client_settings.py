"""What both HTTP clients have in common."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TypedDict

import httpx

from .runtime import HttpFailure, HttpTimeout
from .tls_files import TlsFiles


class ClientSettings(TypedDict):
    """Arguments of ``httpx.Client`` and ``httpx.AsyncClient``."""

    follow_redirects: bool
    limits: httpx.Limits
    mounts: Mapping[str, None]
    verify: ssl.SSLContext | bool


def client_settings(tls: TlsFiles | None) -> ClientSettings:
    return {
        "follow_redirects": True,
        # No limit: streams must not keep heartbeats waiting for a connection.
        "limits": httpx.Limits(max_connections=None),
        # No proxy can reach this machine by these names, whatever HTTP_PROXY says.
        "mounts": {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
        "verify": True if tls is None else tls.context,
    }


class StreamHead:
    """A response whose head has arrived."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers


def text_of(body: bytes | bytearray) -> str:
    """Returns a body as text, whatever it is."""
    return body.decode("utf-8", errors="replace")


@contextmanager
def failures() -> Generator[None, None, None]:
    """Converts the errors of httpx."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise HttpTimeout from error
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise HttpFailure(str(error) or type(error).__name__) from error
