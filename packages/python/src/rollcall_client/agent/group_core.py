"""Agents in one process that share their heartbeats; the same for both clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from ..discovery.core import DiscoveryCore
from ..errors import ApiError
from ..events import Closed, EventEmitter, Failed, Recovered, Superseded
from ..events import Registered as RegisteredEvent
from ..transport.registry_api import HeartbeatsNotAccepted
from .batch import BatchedHeartbeat, send_batch
from .calls import heartbeat_timeout_seconds
from .core import AgentCore
from .heartbeat_loop import HeartbeatLoop, LoopActions
from .outage_log import OutageLog
from .schedule import HeartbeatSchedule
from .state import logger

#: Maximum number of heartbeats in one request.
MAX_BATCH_SIZE = 10_000
#: Concurrent calls for single agents, such as registrations.
MAX_CONCURRENT_CALLS = 16
#: Of a group without agents.
_DEFAULT_TTL_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 2.0
#: Default time in which a closed group deregisters its agents; orchestrators kill a process after 30 s.
CLOSE_TIMEOUT_SECONDS = 20.0


class GroupCore:
    """One request renews all leases, as often as the agent with the shortest TTL requires."""

    def __init__(self, discovery: DiscoveryCore) -> None:
        self._discovery = discovery
        self.events = EventEmitter(logger)
        self._members: dict[str, AgentCore] = {}
        self._loop: HeartbeatLoop | None = None
        self._outage = OutageLog(
            logger,
            subject="a group of agents",
            problem="cannot send heartbeats",
            registry_url=discovery.registry_url,
        )

    @property
    def members(self) -> list[AgentCore]:
        """The agents that have joined, not left, and not been taken over by another instance."""
        return list(self._members.values())

    async def add(self, member: AgentCore) -> None:
        """Adds an agent that has joined; the group sends its heartbeats from then on."""
        agent_id = member.state.agent_id
        events = member.state.events
        self._members[agent_id] = member
        events.on(Closed, lambda _: self._members.pop(agent_id, None))
        events.on(Superseded, lambda _: self._members.pop(agent_id, None))

        def registered(_: RegisteredEvent) -> None:
            # After a takeover, the agent has taken over again.
            if self._members.setdefault(agent_id, member) is member:
                self._start_loop()

        events.on(RegisteredEvent, registered)
        await self._adjust_interval(member.state.ttl_seconds)

    def leave(self, agent_id: str) -> None:
        """Removes an agent without deregistering it: its lease lapses unless renewed elsewhere."""
        self._members.pop(agent_id, None)

    async def close(self, timeout_seconds: float) -> None:
        """Closes all agents of the group, and deregisters those that it can in time. Idempotent."""
        loop, self._loop = self._loop, None
        if loop is not None:
            await loop.stop(_STOP_TIMEOUT_SECONDS)
        now = self._discovery.runtime.now
        deadline = now() + timeout_seconds
        late: list[AgentCore] = []

        async def close(member: AgentCore) -> None:
            is_late = now() >= deadline
            if is_late:
                late.append(member)
            await member.close(deregisters=not is_late)

        await self._for_each(self.members, close)
        if late:
            logger.warning(
                "a group has left %d of its agents registered, because %g s have passed; their leases lapse",
                len(late),
                timeout_seconds,
            )

    async def _adjust_interval(self, ttl_seconds: float) -> None:
        """A new member may have a shorter TTL than the others."""
        previous = self._loop
        # Not compared with all members: a large group would take quadratic time to join.
        if previous is not None and previous.ttl_seconds <= ttl_seconds:
            return
        # Set before the old loop has stopped: other agents may join in the meantime.
        self._loop = None
        self._start_loop()
        if previous is not None:
            await previous.stop(_STOP_TIMEOUT_SECONDS)

    def _start_loop(self) -> None:
        if self._loop is None:
            self._loop = self._create_loop()
            self._loop.start()

    def _create_loop(self) -> HeartbeatLoop:
        def failed(error: Exception) -> None:
            self._outage.failed(error)
            self.events.emit(Failed(error))

        def recovered(failures: int, away_seconds: float) -> None:
            self._outage.succeeded()
            self.events.emit(Recovered(failures, away_seconds))

        actions = LoopActions(
            send_heartbeat=self._renew_all,
            register=self._renew_all,
            failed=failed,
            # Each agent emits these events itself.
            lost=lambda: None,
            reregistered=lambda: None,
            recovered=recovered,
            cancelled=self._discovery.connection.close,
        )
        return HeartbeatLoop(
            self._discovery.runtime,
            actions,
            ttl_seconds=self._shortest_ttl,
            interval_seconds=None,
            name="rollcall heartbeats of a group",
        )

    @property
    def _shortest_ttl(self) -> float:
        return min(
            (member.state.ttl_seconds for member in self._members.values()),
            default=_DEFAULT_TTL_SECONDS,
        )

    async def _renew_all(self) -> HeartbeatSchedule:
        members = self.members
        # At least 1: no registry may ask for more heartbeats than usual.
        factor = 1.0
        for start in range(0, len(members), MAX_BATCH_SIZE):
            batch = members[start : start + MAX_BATCH_SIZE]
            factor = max(factor, await self._renew_batch(batch))
        ttl_seconds = self._shortest_ttl
        return HeartbeatSchedule(ttl_seconds, ttl_seconds / 3 * factor)

    async def _renew_batch(self, members: Sequence[AgentCore]) -> float:
        """Returns how many times as far apart as usual heartbeats are to be sent."""
        heartbeats = await self._begin(members)
        refused: set[str] | None = None
        outcome = HeartbeatsNotAccepted()
        timeout = heartbeat_timeout_seconds(
            self._discovery.connection.timeout_seconds, self._shortest_ttl
        )
        try:
            if heartbeats:
                outcome = await send_batch(self._discovery.api, heartbeats, timeout)
            refused = {*outcome.unknown, *outcome.superseded, *outcome.forbidden}
        finally:
            for heartbeat in heartbeats:
                state = heartbeat.member.state
                has_arrived = refused is not None and state.agent_id not in refused
                state.report.end(heartbeat.delivery, has_arrived)
        await self._for_each(self._known(outcome.superseded), AgentCore.confirm_superseded)
        await self._for_each(self._known(outcome.unknown), AgentCore.register_if_lost)
        _require_none_forbidden(outcome.forbidden)
        return outcome.interval_factor

    async def _begin(self, members: Sequence[AgentCore]) -> list[BatchedHeartbeat]:
        heartbeats: list[BatchedHeartbeat] = []

        async def begin(member: AgentCore) -> None:
            if not member.state.is_away:
                delivery = await member.calls.begin_heartbeat()
                if delivery is not None:
                    heartbeats.append(BatchedHeartbeat(member, delivery))

        with_checks = [member for member in members if member.state.check]
        for member in members:
            if not member.state.check:
                await begin(member)
        await self._for_each(with_checks, begin)
        return heartbeats

    def _known(self, agent_ids: Iterable[str]) -> list[AgentCore]:
        return [self._members[it] for it in agent_ids if it in self._members]

    async def _for_each(
        self, members: Sequence[AgentCore], call: Callable[[AgentCore], Awaitable[None]]
    ) -> None:
        """Makes a call for each of them, even if some fail; then raises the first error."""
        failures: list[Exception] = []

        def bound(member: AgentCore) -> Callable[[], Awaitable[None]]:
            return lambda: call(member)

        for start in range(0, len(members), MAX_CONCURRENT_CALLS):
            part = members[start : start + MAX_CONCURRENT_CALLS]
            failures += await self._discovery.runtime.settle([bound(it) for it in part])
        if failures:
            raise failures[0]


def _require_none_forbidden(agent_ids: Sequence[str]) -> None:
    if not agent_ids:
        return
    more = f" and {len(agent_ids) - 1} more agents" if len(agent_ids) > 1 else ""
    message = f"the token may not change agent {agent_ids[0]}{more}"
    raise ApiError(message, status=403, code="FORBIDDEN")
