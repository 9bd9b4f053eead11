"""A program with an agent, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from .registry import WAIT_SECONDS

#: The agent of all programs; its lease lapses soon if nothing renews it.
AGENT = 'agent_id="a-1", agent_name="An agent", host="10.0.0.7", port=8000'


class Program:
    """Runs a program with all warnings as errors."""

    def __init__(
        self, source: str, registry_url: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """``AGENT`` in the source stands for the properties of the agent."""
        code = textwrap.dedent(source).replace("AGENT", AGENT)
        # A file, so that processes it spawns can import it.
        with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as file:
            file.write(code)
        self._file = Path(file.name)
        given = {"REGISTRY_URL": registry_url, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", file.name],
            env={**os.environ, **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def line(self) -> str:
        """Returns the next line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(number)

    def go_on(self) -> None:
        """Writes a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Waits for its end. Returns the exit code and what it has written to standard error."""
        try:
            _, errors = self._process.communicate(timeout=WAIT_SECONDS)
        finally:
            self._process.kill()
            self._file.unlink()
        return self._process.returncode, errors
