"""A local copy of a list, kept current by the events of a watch."""

from __future__ import annotations

import logging
import os
import threading
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from ..records import Agent, AgentEvent, Disconnected, Loads, Reset, Snapshot, Synced, WatchEvent
from .pick import PickStrategy, pick_by_key, pick_least_loaded, pick_random

logger = logging.getLogger("rollcall_client")

#: Called with the current agents after a change.
ViewListener = Callable[["tuple[Agent, ...]"], object]


class ViewState:
    """The agents of a live view. Threads may share it.

    It is always complete: while the registry is unreachable it keeps the last known list, and a new
    snapshot replaces that only once it has arrived in full. A registry that restarts with no or few agents
    therefore never empties a view halfway through a snapshot.
    """

    def __init__(self, now: Callable[[], float], random: Callable[[], float]) -> None:
        self._now = now
        self._random = random
        self._lock = threading.Lock()
        self._agents: dict[str, Agent] = {}
        #: The snapshot being received, from ``Reset`` until ``Synced``.
        self._incoming: dict[str, Agent] | None = None
        self._list: tuple[Agent, ...] | None = None
        self._disconnected_at: float | None = None
        self._is_connected = False
        self._next_index = 0
        self._change_listeners: list[ViewListener] = []
        self._load_listeners: list[ViewListener] = []
        self._pid = os.getpid()

    @property
    def agents(self) -> tuple[Agent, ...]:
        """The current agents, ordered by id. The same tuple until something changes.

        Raises RuntimeError in a forked process, where nothing keeps them current; ``get`` and ``pick`` too.
        """
        self._require_own_process()
        with self._lock:
            if self._list is None:
                self._list = tuple(self._agents[key] for key in sorted(self._agents))
            return self._list

    @property
    def is_connected(self) -> bool:
        """Whether the view is connected; if not, it keeps its agents and reconnects."""
        return self._is_connected and self._pid == os.getpid()

    @property
    def age_seconds(self) -> float:
        """Seconds since the connection was lost: 0 while connected, infinite before the first list."""
        self._require_own_process()
        if self._is_connected:
            return 0.0
        return float("inf") if self._disconnected_at is None else self._now() - self._disconnected_at

    def get(self, agent_id: str) -> Agent | None:
        """Returns one of the agents; None if it is not listed."""
        self._require_own_process()
        return self._agents.get(agent_id)

    def pick(
        self,
        strategy: PickStrategy = "least_loaded",
        *,
        key: str | None = None,
        exclude: Callable[[Agent], bool] | None = None,
    ) -> Agent | None:
        """Picks an agent to send work to; None if the view is empty."""
        agents = self.agents
        if exclude is not None:
            agents = tuple(agent for agent in agents if not exclude(agent))
        if key is not None:
            return pick_by_key(agents, key)
        if strategy == "least_loaded":
            return pick_least_loaded(agents, self._random)
        if strategy == "random":
            return pick_random(agents, self._random)
        if strategy != "round_robin":
            raise ValueError(f"there is no strategy {strategy}")
        with self._lock:
            index, self._next_index = self._next_index, self._next_index + 1
        return agents[index % len(agents)] if agents else None

    def on_change(self, listener: ViewListener) -> Callable[[], None]:
        """Subscribes to changes, except of loads alone. Returns a function that unsubscribes."""
        return _subscribe(self._change_listeners, listener)

    def on_loads(self, listener: ViewListener) -> Callable[[], None]:
        """Subscribes to changes of loads, once per report. Returns a function that unsubscribes."""
        return _subscribe(self._load_listeners, listener)

    def apply(self, event: WatchEvent) -> bool:
        """Applies an event of a watch. Returns whether the view is complete after it."""
        if isinstance(event, Reset):
            self._incoming = {}
        elif isinstance(event, Disconnected):
            self.disconnected()
        elif isinstance(event, Synced):
            self._synced()
            return True
        elif isinstance(event, Loads):
            self._apply_loads(event)
        else:
            self._apply_change(event)
        return False

    def disconnected(self) -> None:
        """Records that the connection is lost."""
        if self._is_connected:
            self._disconnected_at = self._now()
        self._is_connected = False

    def _require_own_process(self) -> None:
        if self._pid != os.getpid():
            raise RuntimeError(
                f"the live view belongs to the process {self._pid}, from which this one was forked; create "
                "one in this process"
            )

    def _synced(self) -> None:
        self._is_connected = True
        if self._incoming is None:
            return
        with self._lock:
            self._agents, self._incoming, self._list = self._incoming, None, None
        self._notify(self._change_listeners)

    def _apply_change(self, event: Snapshot | AgentEvent) -> None:
        agent = event.agent
        agents = self._agents if self._incoming is None else self._incoming
        with self._lock:
            if event.listed:
                agents[agent.agent_id] = agent
            else:
                agents.pop(agent.agent_id, None)
            if agents is not self._agents:
                return
            if self._list is not None:
                self._list = _with_agent(self._list, agent, event.listed)
        self._notify(self._change_listeners)

    def _apply_loads(self, event: Loads) -> None:
        agents = self._agents if self._incoming is None else self._incoming
        has_changed = False
        with self._lock:
            for agent_id, load in event.loads.items():
                agent = agents.get(agent_id)
                # A load report must not bring back an agent that has left the list.
                if agent is None or agent.load == load:
                    continue
                agents[agent_id] = replace(agent, load=load)
                has_changed = True
            if agents is not self._agents or not has_changed:
                return
            # Reports arrive in parts: the list is rebuilt once, on the next read.
            self._list = None
        self._notify(self._load_listeners)

    def _notify(self, listeners: list[ViewListener]) -> None:
        for listener in tuple(listeners):
            try:
                listener(self.agents)
            except Exception:
                # A failing listener affects neither the view nor the other listeners.
                logger.warning("a listener of a live view failed", exc_info=True)


def _subscribe(listeners: list[ViewListener], listener: ViewListener) -> Callable[[], None]:
    listeners.append(listener)

    def unsubscribe() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return unsubscribe


def _with_agent(agents: tuple[Agent, ...], agent: Agent, listed: bool) -> tuple[Agent, ...]:
    """Returns the sorted agents with one inserted, replaced or removed; sorting again would cost far more."""
    index = bisect_left(agents, agent.agent_id, key=lambda it: it.agent_id)
    is_present = index < len(agents) and agents[index].agent_id == agent.agent_id
    return agents[:index] + ((agent,) if listed else ()) + agents[index + is_present :]
