"""The process that registers an agent, and whether another one has taken over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..errors import ApiError, is_api_error

T = TypeVar("T")


class AgentInstance:
    """Names this process in calls, and notices when another one has taken over."""

    def __init__(self, instance_id: str | None, on_superseded: Callable[[ApiError], None]) -> None:
        self._on_superseded = on_superseded
        self._id = instance_id
        self._registrations = 0
        self._is_superseded = False

    @property
    def id(self) -> str | None:
        """None: the agent has none, or the registry does not know instances."""
        return self._id

    @property
    def is_superseded(self) -> bool:
        """Whether another instance has taken over since this one has registered."""
        return self._is_superseded

    def registered(self) -> None:
        """Records that this instance is the current one."""
        self._registrations += 1
        self._is_superseded = False

    def disable(self) -> None:
        """Sends no id from now on: the registry is older than instances."""
        self._id = None

    async def send(self, call: Callable[[str | None], Awaitable[T]]) -> T:
        """Makes a call with the id, or without it if the registry does not know instances."""
        registrations = self._registrations
        try:
            return await call(self._id)
        except ApiError as error:
            # An error from before the last registration says nothing about now.
            is_current = registrations == self._registrations
            if is_api_error(error, "SUPERSEDED") and is_current and not self._is_superseded:
                self._is_superseded = True
                self._on_superseded(error)
            if self._id is None or not rejects_instances(error):
                raise
        self.disable()
        return await call(None)


def describe_takeover(agent_id: str, incarnation: int | None) -> str:
    """Describes a takeover in the log of the instance that was superseded."""
    number = "" if incarnation is None else f" (incarnation {incarnation})"
    return (
        f"agent {agent_id}: another instance{number} has registered it; "
        "no more heartbeats from this one"
    )


def rejects_instances(error: ApiError) -> bool:
    """Whether the registry is older than instances: it rejects the unknown field."""
    return any(it.pointer.endswith("/instance_id") for it in error.errors)
