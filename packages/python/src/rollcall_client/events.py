"""Events of an agent; see ``AgentRegistryClient.on``.

Listeners are called where the heartbeats are sent: on the event loop, or in the heartbeat thread. An
exception in one listener is logged, and affects neither the others nor the client.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .records import Agent, RegistrationWarning
from .transport.registry_api import HeartbeatReport

E = TypeVar("E")


@dataclass(frozen=True)
class Registered:
    """The agent is registered."""

    agent: Agent


@dataclass(frozen=True)
class Lost:
    """The registry no longer knows the agent. It registers again immediately."""

    agent_id: str


@dataclass(frozen=True)
class Reregistered:
    """The agent is registered again, after :class:`Lost`."""

    agent: Agent


@dataclass(frozen=True)
class Warned:
    """The registry accepted the registration with a warning. Each warning is emitted once."""

    warning: RegistrationWarning


@dataclass(frozen=True)
class Deregistered:
    """The agent left the registry and sends no heartbeats until it registers again."""

    agent_id: str


@dataclass(frozen=True)
class Superseded:
    """Another process has registered the agent.

    This one sends no more heartbeats, and neither registers nor deregisters the agent on its own;
    ``register()`` takes over again.
    """

    agent_id: str
    #: The number of the other instance; None if the registry did not say.
    incarnation: int | None


@dataclass(frozen=True)
class Closed:
    """The client was closed and sends no more heartbeats."""

    agent_id: str


@dataclass(frozen=True)
class Failed:
    """A heartbeat or registration failed and will be retried."""

    error: Exception


@dataclass(frozen=True)
class Late:
    """The first attempt to deliver a report failed; each heartbeat sends it again."""

    report: HeartbeatReport
    error: Exception


@dataclass(frozen=True)
class CheckFailed:
    """The health check started to fail."""

    agent_id: str
    reason: str


@dataclass(frozen=True)
class CheckPassed:
    """The health check passes again, after :class:`CheckFailed`."""

    agent_id: str


@dataclass(frozen=True)
class Recovered:
    """A heartbeat succeeded again, after :class:`Failed`."""

    failures: int
    #: Length of the outage in seconds.
    away_seconds: float


class EventEmitter:
    """Emits events to listeners, by the class of the event."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._listeners: dict[type[Any], list[Callable[[Any], object]]] = {}

    def on(self, event: type[E], listener: Callable[[E], object]) -> Callable[[], None]:
        """Adds a listener. Returns a function that removes it."""
        listeners = self._listeners.setdefault(event, [])
        listeners.append(listener)

        def remove() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return remove

    def emit(self, event: object) -> None:
        for listener in tuple(self._listeners.get(type(event), ())):
            try:
                listener(event)
            except Exception:
                self._logger.warning("a listener of the registry client failed", exc_info=True)
