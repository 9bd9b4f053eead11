"""Deregisters agents that are still registered when the interpreter exits."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import Protocol

logger = logging.getLogger("rollcall_client")

#: Seconds that deregistering all agents may take; the leases of the others lapse.
_BUDGET_SECONDS = 5.0
#: Exit code of a program that SIGTERM has ended, as shells report it.
_SIGTERM_EXIT_CODE = 128 + signal.SIGTERM


class Leaving(Protocol):
    """An agent of this process."""

    def close_at_exit(self, resources: contextlib.ExitStack) -> None:
        """Deregisters without an event loop, and without starting a thread.

        ``resources`` closes what agents share, after all of them.
        """
        ...

    def forked(self) -> None:
        """Called in a forked process, which has a copy of the agent."""
        ...


_registered: dict[int, Leaving] = {}
#: Those that are not closed, also when they have left.
_open: set[int] = set()


def leave_at_exit(agent: Leaving, *, exits_on_sigterm: bool) -> None:
    """Deregisters an agent when the interpreter exits. Idempotent."""
    _registered[id(agent)] = agent
    _open.add(id(agent))
    if exits_on_sigterm:
        exit_on_sigterm()


def stay_at_exit(agent: Leaving) -> None:
    """The agent has left, or is not this one any more; it may come back until it is closed."""
    _registered.pop(id(agent), None)


def closed(agent: Leaving) -> None:
    """Undoes :func:`leave_at_exit`."""
    stay_at_exit(agent)
    _open.discard(id(agent))


def exit_on_sigterm() -> None:
    """Makes SIGTERM raise SystemExit: by default, it ends a process without any cleanup.

    Only in the main thread, and if the program has no handler of its own. When all agents are closed, the
    signal ends the process as by default.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_sigterm)


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    # A second signal ends the process at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not _open:
        # Nothing is to be deregistered. Pools send the signal to workers that are ending already, which
        # would print the exception.
        os.kill(os.getpid(), signal.SIGTERM)
    raise SystemExit(_SIGTERM_EXIT_CODE)


@atexit.register
def _close_all() -> None:
    deadline = time.monotonic() + _BUDGET_SECONDS
    agents = list(_registered.values())
    _registered.clear()
    with contextlib.ExitStack() as resources:
        while agents and time.monotonic() < deadline:
            try:
                agents.pop().close_at_exit(resources)
            except Exception:
                logger.warning("an agent could not be deregistered at exit", exc_info=True)
    if agents:
        logger.warning("%d agents could not be deregistered in time at exit", len(agents))


def _forked() -> None:
    for agent in _registered.values():
        agent.forked()
    _registered.clear()
    _open.clear()
    if signal.getsignal(signal.SIGTERM) is _on_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
