"""Logs an outage of the registry."""

from __future__ import annotations

import logging

from ..transport.passwords import without_password


class OutageLog:
    """Logs two warnings for an outage: one when it starts, with the reason, and one when it ends.

    Further failures are logged at level ``DEBUG``.
    """

    def __init__(
        self, logger: logging.Logger, *, subject: str, problem: str, registry_url: str
    ) -> None:
        self._logger = logger
        self._subject = subject
        self._problem = problem
        self._url = without_password(registry_url)
        self._is_out = False

    def failed(self, error: Exception) -> None:
        """Records a failure."""
        level = logging.DEBUG if self._is_out else logging.WARNING
        self._is_out = True
        self._logger.log(level, "%s %s, retrying: %s", self._subject, self._problem, error)

    def succeeded(self) -> None:
        """Records a success, and logs the recovery if it follows a failure."""
        if self._is_out:
            self._logger.warning(
                "%s: the registry at %s is reachable again", self._subject, self._url
            )
        self._is_out = False
