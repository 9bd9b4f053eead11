"""What both HTTP clients have in common."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypedDict

import httpx

from .runtime import HttpFailure, HttpTimeout


class ClientSettings(TypedDict):
    """Arguments of ``httpx.Client`` and ``httpx.AsyncClient``."""

    follow_redirects: bool
    limits: httpx.Limits


def client_settings() -> ClientSettings:
    # No limit: streams must not keep heartbeats waiting for a connection.
    return {"follow_redirects": True, "limits": httpx.Limits(max_connections=None)}


@contextmanager
def failures() -> Generator[None, None, None]:
    """Converts the errors of httpx."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise HttpTimeout from error
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise HttpFailure(str(error) or type(error).__name__) from error
