"""The heartbeats of many agents in one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError
from ..transport.registry_api import HeartbeatsNotAccepted, RegistryApi
from .core import AgentCore
from .instance import rejects_instances
from .report import Delivery


@dataclass(frozen=True)
class BatchedHeartbeat:
    """The heartbeat of one agent of a batch."""

    member: AgentCore
    delivery: Delivery


async def send_batch(
    api: RegistryApi, heartbeats: Sequence[BatchedHeartbeat], timeout_seconds: float
) -> HeartbeatsNotAccepted:
    """Sends a batch with the instances of its agents, or without if the registry does not know them."""
    try:
        return await _send(api, heartbeats, timeout_seconds)
    except ApiError as error:
        if not rejects_instances(error):
            raise
    for heartbeat in heartbeats:
        heartbeat.member.state.instance.disable()
    return await _send(api, heartbeats, timeout_seconds)


async def _send(
    api: RegistryApi, heartbeats: Sequence[BatchedHeartbeat], timeout_seconds: float
) -> HeartbeatsNotAccepted:
    instances = {it.member.state.instance.id for it in heartbeats}
    # The agents of a process have the same one, unless they were given their own.
    shared = instances.pop() if len(instances) == 1 else None
    entries: list[dict[str, Any]] = []
    for heartbeat in heartbeats:
        state = heartbeat.member.state
        entry: dict[str, Any] = {"agent_id": state.agent_id, **heartbeat.delivery.report}
        if shared is None and state.instance.id is not None:
            entry["instance_id"] = state.instance.id
        entries.append(entry)
    return await api.heartbeats(entries, instance_id=shared, timeout_seconds=timeout_seconds)
