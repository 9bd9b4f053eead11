"""The addresses of a registry."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from .passwords import without_password


@dataclass(frozen=True)
class RegistryAddress:
    """The address of one registry node."""

    #: The URL as given, without trailing slashes.
    given: str
    #: The URL without credentials and trailing slashes.
    url: str
    #: Basic authentication from the credentials in the URL.
    authorization: str | None

    @property
    def is_local(self) -> bool:
        """Whether the registry runs on this machine."""
        return is_loopback(urlsplit(self.url).hostname or "")


def registry_addresses(given: str | Sequence[str]) -> tuple[RegistryAddress, ...]:
    """Parses registry addresses: one URL, several, or a comma-separated list as in ``REGISTRY_URL``.

    Raises ValueError that quotes the invalid URL without its password.
    """
    urls = re.split(r",\s*(?=https?:)", given) if isinstance(given, str) else given
    return tuple(_parse(url.strip().rstrip("/")) for url in urls)


def _parse(given: str) -> RegistryAddress:
    if not _is_http_url(given):
        shown = without_password(given)
        raise ValueError(f'registry_url is "{shown}"; it must begin with http:// or https://')
    parts = urlsplit(given)
    user_info, _, host = parts.netloc.rpartition("@")
    if not user_info:
        return RegistryAddress(given, given, None)
    user, _, password = user_info.partition(":")
    credentials = f"{unquote(user)}:{unquote(password)}".encode()
    url = urlunsplit(parts._replace(netloc=host)).rstrip("/")
    return RegistryAddress(given, url, f"Basic {base64.b64encode(credentials).decode()}")


def _is_http_url(text: str) -> bool:
    if not re.match(r"https?://[^/]", text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is a loopback or unspecified address."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
