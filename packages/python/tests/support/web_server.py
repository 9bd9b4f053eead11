"""A web server with several workers, in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from .ports import HOST, free_port
from .registry import WAIT_SECONDS, eventually


@dataclass(frozen=True)
class Worker:
    """A worker, as it describes itself."""

    pid: int
    is_agent: bool


class WebServer:
    """Runs a command of a web server in a folder with ``served.py``.

    The app answers each request with ``{"pid": …, "is_agent": …}``.
    """

    def __init__(
        self, folder: Path, source: str, command: list[str], registry_url: str
    ) -> None:
        """``PORT`` in the command stands for a free port."""
        self._folder = folder
        self.write(source)
        self._port = free_port()
        words = [word.replace("PORT", str(self._port)) for word in command]
        self._log = folder / "web-server.log"
        environment = {
            "REGISTRY_URL": registry_url,
            "AGENT_HOST": HOST,
            "AGENT_PORT": str(self._port),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with self._log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=folder,
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text()

    def write(self, source: str) -> None:
        """Writes the app."""
        (self._folder / "served.py").write_text(textwrap.dedent(source))

    def workers(self, count: int) -> list[Worker]:
        """Waits until so many workers have answered, and returns what each has said last."""
        found: dict[int, Worker] = {}

        def all_answered() -> bool:
            answer = self._ask()
            if answer is not None:
                found[answer.pid] = answer
            return len(found) >= count

        eventually(all_answered)
        return list(found.values())

    def agents(self, count: int) -> set[int]:
        """The ids of the processes, of so many workers, that say that they are the agent."""
        return {worker.pid for worker in self.workers(count) if worker.is_agent}

    def kill(self, pid: int) -> None:
        """Kills one of its processes with SIGKILL."""
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """Ends it with SIGTERM. Returns its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WAIT_SECONDS)

    def clean_up(self) -> None:
        """Kills what is left of it."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()

    def _ask(self) -> Worker | None:
        assert self._process.poll() is None, self.log
        try:
            # A connection of its own, so that any worker may answer.
            response = httpx.get(f"http://{HOST}:{self._port}/", timeout=WAIT_SECONDS)
        except httpx.TransportError:
            return None
        assert response.status_code == 200, self.log
        answer = cast("dict[str, Any]", response.json())
        return Worker(answer["pid"], answer["is_agent"])
