"""Sends the heartbeats of an agent from a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from ..agent.sender import HeartbeatSender
from ..options.options import JoinOptions
from ..runtime.runtime import Runtime
from ..transport.registry_api import HeartbeatReport
from .messages import decode, decode_event, encode, passable

#: Longest wait for the start of an interpreter, in seconds.
_START_TIMEOUT_SECONDS = 30.0
_COMMAND = (sys.executable, "-m", "rollcall_client.process.heartbeat_process")


class HeartbeatProcess:
    """One run of the process, and the thread that reads what it says."""

    def __init__(self, on_message: Callable[[dict[str, Any]], None]) -> None:
        #: Completed when the process waits for the agent, or has ended.
        self.started: Future[None] = Future()
        self.ended: Future[None] = Future()
        self._on_message = on_message
        self._process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        name = "rollcall heartbeat process"
        self._thread = threading.Thread(target=self._read, name=name, daemon=True)
        self._thread.start()

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message. A process that has ended ignores it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(encode(message))

    def end(self) -> None:
        """Ends the process."""
        self._process.kill()

    async def join(self, runtime: Runtime, timeout_seconds: float) -> None:
        """Waits until the process has ended, and the thread that reads."""
        try:
            await runtime.wait(self.ended, timeout_seconds)
        except FutureTimeout:
            return
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def abandon(self) -> None:
        """Closes the pipes, in a process that was forked: the parent goes on."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        # It is not a child of this process, which cannot wait for it.
        self._process.returncode = 0

    def _read(self) -> None:
        assert self._process.stdout is not None and self._process.stdin is not None
        try:
            with contextlib.suppress(OSError, ValueError):
                for line in self._process.stdout:
                    message = decode(line)
                    if message["event"] == "started":
                        self.started.set_result(None)
                    else:
                        self._on_message(message)
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
        finally:
            if not self.started.done():
                self.started.set_result(None)
            self.ended.set_result(None)


class ProcessSender(HeartbeatSender):
    """Starts the process when the agent has registered. Falls back to a thread if the process dies."""

    def __init__(
        self,
        options: JoinOptions,
        *,
        begin: Callable[[], dict[str, Any]],
        on_event: Callable[[str, Any], None],
        fall_back: Callable[[], None],
        fallback: HeartbeatSender,
    ) -> None:
        """``fall_back`` starts ``fallback``, which sends the heartbeats if the process has ended."""
        self._options = passable(options)
        self._begin = begin
        self._on_event = on_event
        self._fall_back = fall_back
        self._fallback = fallback
        self._runtime: Runtime | None = None
        self._prepared: HeartbeatProcess | None = None
        self._process: HeartbeatProcess | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None or self._fallback.is_running

    async def prepare(self, runtime: Runtime) -> None:
        self._runtime = runtime
        # The start of an interpreter would use up a part of a short lease.
        self._prepared = HeartbeatProcess(self._handle)
        with contextlib.suppress(FutureTimeout):
            await runtime.wait(self._prepared.started, _START_TIMEOUT_SECONDS)

    def start(self) -> None:
        if not self.is_running:
            process, self._prepared = self._prepared or HeartbeatProcess(self._handle), None
            process.send({"begin": {**self._options, **self._begin()}})
            self._process = process
            process.ended.add_done_callback(lambda _: self._ended(process))

    def recorded(self, number: int, report: HeartbeatReport) -> None:
        if self._process is not None:
            self._process.send({"report": report, "number": number})

    def send_now(self) -> None:
        """The process finds out with its next heartbeat."""
        self._fallback.send_now()

    def request_stop(self) -> None:
        processes = (self._process, self._prepared)
        self._process = self._prepared = None
        for process in processes:
            if process is not None:
                process.end()
        self._fallback.request_stop()

    async def stop(self, timeout_seconds: float) -> None:
        await self._fallback.stop(timeout_seconds)
        processes = (self._process, self._prepared)
        self.request_stop()
        for process in processes:
            if process is not None and self._runtime is not None:
                await process.join(self._runtime, timeout_seconds)

    def forked(self) -> None:
        for process in (self._process, self._prepared):
            if process is not None:
                process.abandon()
        self._process = self._prepared = None
        self._fallback.forked()

    def _handle(self, message: dict[str, Any]) -> None:
        kind = message["event"]
        known = kind in ("superseded", "arrived")
        self._on_event(kind, message["payload"] if known else decode_event(message))

    def _ended(self, process: HeartbeatProcess) -> None:
        if self._process is process:
            self._process = None
            self._fall_back()
