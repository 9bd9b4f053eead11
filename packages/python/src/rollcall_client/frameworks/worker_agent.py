"""An agent that is one of the workers of a web server."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Generic, TypeVar

from ..agent.reads import AgentReads
from ..options.options import JoinOptions
from ..options.resolve import resolve_agent, resolve_registry_url
from ..process.worker_lock import WorkerLock
from ..runtime.runtime import BackgroundTask, Runtime

logger = logging.getLogger("rollcall_client")

#: Seconds between two attempts to take over from a worker that has ended.
_POLL_SECONDS = 0.5
#: Seconds that a goodbye may take.
_STOP_TIMEOUT_SECONDS = 5.0


C = TypeVar("C", bound=AgentReads)


class WorkerAgent(Generic[C]):
    """The part of one worker in an agent that all workers of a web server are together.

    One of the processes on this machine that name the same registry and agent joins. When it ends, also by
    a crash, another one takes over.
    """

    def __init__(
        self,
        runtime: Runtime,
        lock: WorkerLock,
        *,
        create: Callable[[], Awaitable[C]],
        close: Callable[[C], Awaitable[None]],
        name: str,
    ) -> None:
        self._runtime = runtime
        self._lock = lock
        self._create = create
        self._close = close
        self._name = name
        self._agent: C | None = None
        self._pid = os.getpid()
        self._stopping = runtime.flag()
        self._task: BackgroundTask | None = None

    @property
    def agent(self) -> C | None:
        """The agent; None before it has joined, and while another worker is the agent."""
        # A forked worker has a copy of what belongs to its parent.
        return self._agent if self._pid == os.getpid() else None

    def start(self) -> None:
        """Joins in the background: a web server starts whether or not the registry is there."""
        self._task = self._runtime.start(self._run, self._name)

    def request_stop(self) -> None:
        """Stops without waiting; neither waits for the lock nor retries to join any more."""
        self._stopping.set()

    async def stop(self) -> None:
        """Deregisters the agent if it is this worker, within 5 s. Idempotent."""
        self.request_stop()
        task, self._task = self._task, None
        if task is None:
            return
        if self._agent is None:
            task.cancel()
        try:
            await self._runtime.wait(task.done, _STOP_TIMEOUT_SECONDS)
        except FutureTimeout:
            return
        task.join()

    async def _run(self) -> None:
        try:
            while not self._lock.acquire():
                if await self._stopping.wait(_POLL_SECONDS):
                    return
            client = await self._create()
            await client._core.join(self._stopping)  # pyright: ignore[reportPrivateUsage]
            self._agent = client
            await self._stopping.wait()
            agent, self._agent = self._agent, None
            await self._close(agent)
        except Exception:
            if not self._stopping.is_set():
                logger.exception("%s: it could not join", self._name)
        finally:
            self._lock.release()


def worker_options(options: JoinOptions) -> tuple[JoinOptions, WorkerLock]:
    """Returns the options of an agent of a web server, and the lock of its workers.

    It tries to join for as long as the registry is away, unless ``join_timeout_seconds`` is given. Raises
    TypeError or ValueError for an invalid option.
    """
    agent = resolve_agent(options)
    lock = WorkerLock(resolve_registry_url(options.get("registry_url")), agent.agent_id)
    patient: JoinOptions = {"join_timeout_seconds": math.inf, **options, "agent_id": agent.agent_id}
    return patient, lock
