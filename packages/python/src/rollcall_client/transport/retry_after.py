"""The header ``Retry-After``."""

from __future__ import annotations

import math
import re
import time
from datetime import timezone
from email.utils import parsedate_to_datetime


def parse_retry_after(header: str | None, now: float | None = None) -> float | None:
    """Parses a number of seconds or an HTTP date (RFC 9110, section 10.2.3).

    ``now`` is the Unix time, by default that of this machine. Returns seconds, 0 or more; a date is
    rounded up; None if the header is absent or invalid.
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    if not re.match(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)", text):
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    # asctime has no time zone; all HTTP dates are in GMT.
    moment = date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    return max(0.0, float(math.ceil(moment - (time.time() if now is None else now))))
