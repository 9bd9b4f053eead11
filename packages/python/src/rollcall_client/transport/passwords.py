"""Keeps passwords out of messages."""

from __future__ import annotations

import re

_USER_INFO = re.compile(r"(?<=//)[^/?#\s]*@")


def without_password(text: str) -> str:
    """Returns a text without the credentials of the URLs in it."""
    return _USER_INFO.sub("", text)
