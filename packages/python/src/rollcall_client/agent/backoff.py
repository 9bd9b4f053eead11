"""How long to wait before the next attempt."""

from __future__ import annotations

import math

from ..errors import ApiError

#: Minimum delay between two attempts in seconds, whatever the registry responds.
MIN_DELAY_SECONDS = 0.1

_BASE_DELAY_SECONDS = 0.25
#: Doublings after which the limit no longer grows.
_MAX_DOUBLINGS = 30


def backoff_seconds(failures: int, max_seconds: float, random: float) -> float:
    """Returns the backoff after consecutive failures in seconds.

    It is a random time up to a limit that doubles with each failure ("full jitter": Brooker,
    "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that the clients of a fleet do not
    retry at the same time. ``failures`` is at least 1, ``random`` from 0 to 1.
    """
    doublings = min(failures - 1, _MAX_DOUBLINGS)
    limit = min(max_seconds, math.ldexp(_BASE_DELAY_SECONDS, doublings))
    minimum = min(MIN_DELAY_SECONDS, limit)
    return minimum + random * (limit - minimum)


def retry_delay_seconds(
    error: Exception, *, failures: int, max_seconds: float, random: float
) -> float:
    """Returns the delay before the next attempt in seconds.

    ``Retry-After`` of the registry takes precedence over the backoff, with a little jitter so that
    clients do not retry at the same time. Parameters as for :func:`backoff_seconds`.
    """
    asked = (error.retry_after_seconds or 0) if isinstance(error, ApiError) else 0
    if asked <= 0:
        return backoff_seconds(failures, max_seconds, random)
    jitter = random * min(asked, _BASE_DELAY_SECONDS)
    return min(max_seconds, max(MIN_DELAY_SECONDS, asked + jitter))
