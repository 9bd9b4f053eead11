"""Picks one of several agents."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from ..records import Agent

#: ``least_loaded`` picks the less loaded of two different random agents: nearly as even as the least
#: loaded of all, and callers do not all pick the same one (Mitzenmacher, "The Power of Two Choices in
#: Randomized Load Balancing", 1996). An agent that never reported its load counts as 0.5. Picks between
#: two reports are not counted: the view cannot know how much load one task adds.
PickStrategy = Literal["least_loaded", "random", "round_robin"]

#: The assumed load of an agent that never reported one.
_UNKNOWN_LOAD = 0.5
_MASK = 0xFFFFFFFF


def pick_least_loaded(agents: Sequence[Agent], random: Callable[[], float]) -> Agent | None:
    """Returns the less loaded of two random agents; None if there are none."""
    if not agents:
        return None
    first = math.floor(random() * len(agents))
    if len(agents) == 1:
        return agents[0]
    # Never the same agent: compared with itself, a busy one would win.
    second = math.floor(random() * (len(agents) - 1))
    one, other = agents[first], agents[second if second < first else second + 1]
    return other if _load_of(other) < _load_of(one) else one


def pick_random(agents: Sequence[Agent], random: Callable[[], float]) -> Agent | None:
    """Returns any of the agents; None if there are none."""
    return agents[math.floor(random() * len(agents))] if agents else None


def pick_by_key(agents: Sequence[Agent], key: str) -> Agent | None:
    """Returns the agent that owns a key: the same one while it is listed, in every SDK.

    When agents join or leave, only the keys of those agents move ("rendezvous hashing": Thaler and
    Ravishankar, 1998).
    """
    best: Agent | None = None
    best_score = -1
    for agent in agents:
        score = _hash(f"{agent.agent_id}\n{key}")
        if score > best_score:
            best, best_score = agent, score
    return best


def _load_of(agent: Agent) -> float:
    return _UNKNOWN_LOAD if agent.load is None else agent.load


def _hash(text: str) -> int:
    """FNV-1a over UTF-16 code units with the MurmurHash3 finalizer, which spreads similar inputs."""
    state = 0x811C9DC5
    encoded = text.encode("utf-16-le", errors="surrogatepass")
    for i in range(0, len(encoded), 2):
        state = (state ^ (encoded[i] | encoded[i + 1] << 8)) * 0x01000193 & _MASK
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    return state ^ state >> 16
