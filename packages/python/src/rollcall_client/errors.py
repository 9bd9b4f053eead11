"""The errors of this package. All have :class:`RegistryClientError` as their base."""

from __future__ import annotations

from dataclasses import dataclass


class RegistryClientError(Exception):
    """The base class of all errors of this package."""

    #: Whether the same call may succeed if it is retried later.
    is_transient: bool = True


@dataclass(frozen=True)
class InvalidField:
    """An invalid field of a request."""

    #: JSON pointer to the field, such as ``/ttl_seconds``.
    pointer: str
    #: What is wrong with it.
    message: str


class ApiError(RegistryClientError):
    """The registry responded with an error status."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        request_id: str | None = None,
        errors: tuple[InvalidField, ...] = (),
        retry_after_seconds: float | None = None,
        incarnation: int | None = None,
    ) -> None:
        super().__init__(message)
        #: HTTP status code.
        self.status = status
        #: Error code of the registry, such as ``AGENT_NOT_FOUND``; ``UNKNOWN`` if the response has none.
        self.code = code
        #: Id of the request in the log of the registry; include it in bug reports.
        self.request_id = request_id
        #: The invalid fields of the request.
        self.errors = errors
        #: ``Retry-After`` in seconds, 0 or more; None if absent or invalid.
        self.retry_after_seconds = retry_after_seconds
        #: Only of ``SUPERSEDED``: the number of the current instance.
        self.incarnation = incarnation
        # Not for 501: a server that does not implement the call is not a registry.
        self.is_transient = (status >= 500 and status != 501) or status in (408, 429)


class NetworkError(RegistryClientError):
    """The registry is unreachable, or its response was incomplete or not JSON."""


class TimeoutError(RegistryClientError):  # noqa: A001 - the name that the other SDKs use
    """The registry did not respond in time."""

    def __init__(self, message: str, *, timeout_seconds: float) -> None:
        super().__init__(message)
        #: The timeout that elapsed, in seconds.
        self.timeout_seconds = timeout_seconds


def is_api_error(error: object, code: str) -> bool:
    """Returns whether an error is an :class:`ApiError` with this code."""
    return isinstance(error, ApiError) and error.code == code
