"""The calls of one agent, over one runtime."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ApiError, is_api_error
from ..options.own_host import own_host
from ..records import Agent, RegistrationWarning
from ..runtime.runtime import Runtime
from ..transport.addresses import is_loopback, registry_addresses
from ..transport.connection import DEFAULT_TIMEOUT_SECONDS
from ..transport.registry_api import RegistryApi
from ..transport.wire import to_agent, to_warning
from .report import Delivery, is_rejected_report
from .schedule import HeartbeatSchedule, parse_schedule
from .state import AgentState


@dataclass(frozen=True)
class Registered:
    """The response to a registration."""

    agent: Agent
    schedule: HeartbeatSchedule


class AgentCalls:
    """Registers an agent, sends its heartbeats and deregisters it."""

    def __init__(
        self,
        runtime: Runtime,
        state: AgentState,
        api: RegistryApi,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        self.runtime = runtime
        self.api = api
        self._state = state
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._registering: set[Future[None]] = set()

    @property
    def heartbeat_timeout_seconds(self) -> float:
        """Timeout of one heartbeat."""
        return heartbeat_timeout_seconds(self._timeout_seconds, self._state.ttl_seconds)

    async def register(self, timeout_seconds: float | None = None) -> Registered:
        """Registers the agent with its current properties."""
        settled: Future[None] = Future()
        with self._lock:
            self._registering.add(settled)
        try:
            return await self._register(timeout_seconds)
        finally:
            with self._lock:
                self._registering.discard(settled)
            settled.set_result(None)

    async def wait_for_registrations(self, timeout_seconds: float) -> None:
        """Waits until no registration is in flight, whether they succeeded or failed."""
        with self._lock:
            registering = tuple(self._registering)
        for settled in registering:
            try:
                await self.runtime.wait(settled, timeout_seconds)
            except FutureTimeout:
                return

    async def begin_heartbeat(self) -> Delivery | None:
        """Returns what the next heartbeat must report; None to skip it, because the check fails."""
        check = self._state.check
        # The check and the heartbeat after it share a third of the TTL.
        if check and not await check.run(self.runtime, self._state.ttl_seconds / 6):
            return None
        return self._state.report.send()

    async def heartbeat_if_healthy(self) -> HeartbeatSchedule:
        """Sends a heartbeat, unless the check fails."""
        delivery = await self.begin_heartbeat()
        if delivery is None:
            return HeartbeatSchedule()
        return await self._heartbeat(delivery, self.heartbeat_timeout_seconds)

    async def heartbeat(self, timeout_seconds: float | None = None) -> HeartbeatSchedule:
        """Sends a heartbeat with everything that is not known to have arrived."""
        return await self._heartbeat(self._state.report.send(), timeout_seconds)

    async def deregister(self, timeout_seconds: float | None = None) -> bool:
        """Deregisters the agent. Returns False if it is unknown, or another instance has taken over."""
        state = self._state
        if state.instance.is_superseded:
            return False
        try:
            return await state.instance.send(
                lambda instance_id: self.api.deregister(
                    state.agent_id, instance_id=instance_id, timeout_seconds=timeout_seconds
                )
            )
        except ApiError as error:
            if is_api_error(error, "SUPERSEDED"):
                return False
            raise

    async def _register(self, timeout_seconds: float | None) -> Registered:
        state = self._state
        # Looked up each time: a laptop moves between networks.
        host = state.agent.host
        if host is None and not state.agent.has_address_in_card:
            host = own_host(state.registry_url)
        delivery = state.report.send_all()
        has_arrived = False
        try:
            sent: dict[str, Any] = {}

            async def send(instance_id: str | None) -> dict[str, Any]:
                sent.clear()
                sent.update(state.agent.registration(host, instance_id), **delivery.report)
                return await self.api.register(sent, timeout_seconds)

            response = await state.instance.send(send)
            has_arrived = True
        finally:
            state.report.end(delivery, has_arrived)
        state.instance.registered()
        schedule = parse_schedule(response)
        state.ttl_seconds = schedule.ttl_seconds or state.ttl_seconds
        state.asked_interval_seconds = schedule.interval_seconds
        state.record_warnings(self._warnings(sent, response))
        # Properties missing from the response are as they were sent.
        return Registered(to_agent({**sent, **response}), schedule)

    async def _heartbeat(
        self, delivery: Delivery, timeout_seconds: float | None
    ) -> HeartbeatSchedule:
        state = self._state
        has_arrived = False
        try:
            receipt = await state.instance.send(
                lambda instance_id: self.api.heartbeat(
                    state.agent_id,
                    delivery.report,
                    instance_id=instance_id,
                    timeout_seconds=timeout_seconds,
                )
            )
            has_arrived = True
        except ApiError as error:
            if is_rejected_report(error):
                state.report.roll_back(error)
            raise
        finally:
            state.report.end(delivery, has_arrived)
        # Concurrent reports may have been reordered: once all have ended, the latest is sent again.
        if state.report.must_repeat:
            return await self.heartbeat(timeout_seconds)
        return parse_schedule(receipt)

    def _warnings(
        self, sent: dict[str, Any], response: dict[str, Any]
    ) -> tuple[RegistrationWarning, ...]:
        """A Rollcall registry reports warnings itself, because it knows the address of the agent."""
        warnings: object = response.get("warnings")
        if isinstance(warnings, list):
            return tuple(to_warning(it) for it in cast("list[object]", warnings))
        host = str(sent.get("host", ""))
        addresses = registry_addresses(self._state.registry_url)
        if "url" in sent or not is_loopback(host) or any(it.is_local for it in addresses):
            return ()
        message = (
            f'host "{host}" is a loopback address, but the registry runs on another machine; '
            "set AGENT_HOST or the option host to an address where others reach the agent"
        )
        return (RegistrationWarning("LOCAL_ADDRESS", "/host", message),)


def heartbeat_timeout_seconds(timeout_seconds: float, ttl_seconds: float) -> float:
    """Returns the timeout of a heartbeat: at most a third of the TTL, so that there is time for a retry."""
    return min(timeout_seconds, ttl_seconds / 3)
