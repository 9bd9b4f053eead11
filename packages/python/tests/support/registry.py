"""A real registry in a process of its own."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rollcall_client import sync
from rollcall_client.options.options import ConnectionOptions

from .ports import free_port

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")

_COMMAND = Path(__file__).parents[4] / "packages/cli/bin/rollcall.js"
_LISTENING = re.compile(r"is listening on (https?://[^\s,]+)")
#: What hangs fails in the end; nothing is to fail because the machine is busy.
WAIT_SECONDS = 60.0


class Registry:
    """A registry on a free port of the loopback interface, over a file that outlives it."""

    def __init__(self, folder: Path, *arguments: str, **connection: Unpack[ConnectionOptions]) -> None:
        """Starts it with further arguments. ``connection`` has the options of its client."""
        self._folder = folder
        self._arguments = arguments
        self._port = str(free_port())
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.start()
        connection["registry_url"] = self.url
        self.client = sync.DiscoveryClient(**connection)

    @property
    def file(self) -> Path:
        """The file of the store."""
        return self._folder / "rollcall.db"

    def start(self) -> None:
        """Starts it, on the same port as before."""
        log = self._folder / "registry.log"
        log.write_text("")
        with log.open("a") as output:
            command = ["node", str(_COMMAND), "serve", "--port", self._port, "--db", "sqlite:///rollcall.db"]
            self._process = subprocess.Popen(
                [*command, *self._arguments], cwd=self._folder, stdout=output, stderr=output, text=True
            )
        process = self._process

        def listening() -> re.Match[str] | None:
            assert process.poll() is None, log.read_text()
            return _LISTENING.search(log.read_text())

        self.url = eventually(listening)[1]

    def kill(self) -> None:
        """Kills it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stops it, and closes the client."""
        self.client.close()
        self.kill()

    def transitions(self, agent_id: str) -> list[str]:
        """The types of the transitions of an agent."""
        return [event.type for event in self.client.history(agent_id) or []]


def eventually(condition: Callable[[], T | None]) -> T:
    """Waits until a condition returns something true, and returns that."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.05)
    return found
