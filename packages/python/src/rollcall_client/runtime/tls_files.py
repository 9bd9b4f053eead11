"""Certificates in files."""

from __future__ import annotations

import os
import ssl
from collections.abc import Generator
from contextlib import contextmanager

import httpx

from .runtime import HttpFailure


class TlsFiles:
    """The TLS context of a connection whose certificates are in PEM files, which may be replaced."""

    def __init__(
        self, *, ca_file: str | None = None, cert_file: str | None = None, key_file: str | None = None
    ) -> None:
        """Raises ValueError for a file that cannot be used."""
        if key_file is not None and cert_file is None:
            raise ValueError(f'key_file is "{key_file}"; it needs cert_file')
        self._ca_file = ca_file
        self._cert_file = cert_file
        self._key_file = key_file
        with _reading(ca_file):
            # With an authority of its own, a registry is trusted for no other.
            self.context = (
                ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
            )
        self._load()
        self._version = self._read_version()

    def refresh(self) -> None:
        """Loads files that were replaced; new connections use them. Raises HttpFailure if it cannot."""
        try:
            version = self._read_version()
            if version != self._version:
                self._load()
                self._version = version
        except ValueError as error:
            # They may be being replaced right now.
            raise HttpFailure(str(error)) from error

    def _load(self) -> None:
        if self._ca_file is not None:
            with _reading(self._ca_file):
                self.context.load_verify_locations(self._ca_file)
        if self._cert_file is not None:
            with _reading(self._cert_file):
                self.context.load_cert_chain(self._cert_file, self._key_file)

    def _read_version(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for file in (self._ca_file, self._cert_file, self._key_file):
            if file is not None:
                with _reading(file):
                    status = os.stat(file)
                    found.append((status.st_mtime_ns, status.st_ino))
        return found


@contextmanager
def _reading(file: str | None) -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        raise ValueError(f'the certificates in "{file}" cannot be used: {error}') from error
