"""Parses server-sent events.

See https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class ServerSentEvent:
    """A server-sent event."""

    type: str
    data: str
    #: The last event id received so far.
    last_event_id: str


class EventParser:
    """Turns the parts of a response body, as they arrive, into events."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._ended_with_cr = False
        self._last_event_id = ""
        self._type = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yields the events that a part completes."""
        for line in self._lines(self._decoder.decode(chunk)):
            if line == "":
                if self._data:
                    data = "\n".join(self._data)
                    yield ServerSentEvent(self._type or "message", data, self._last_event_id)
                self._type, self._data = "", []
            else:
                self._field(line)

    def _lines(self, text: str) -> list[str]:
        # The LF of a CRLF whose CR ended the previous part.
        if self._ended_with_cr and text.startswith("\n"):
            text = text[1:]
        if text == "":
            return []
        self._ended_with_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + text)
        return lines

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._last_event_id = value
