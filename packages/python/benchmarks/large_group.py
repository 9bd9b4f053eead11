"""Ten thousand agents in one process: how they join and leave, and what their heartbeats cost."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
import urllib.request
from pathlib import Path

import rollcall_client
from support.registry import Registry

from .figures import Figure

_AGENTS = 10_000
_TTL_SECONDS = 30
_BEATS = 6
_BATCHES = re.compile(r'^rollcall_http_requests_total\{operation="heartbeats",status="200"\} (\d+)$', re.M)


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder))
        try:
            return asyncio.run(_measure(registry))
        finally:
            registry.stop()


async def _measure(registry: Registry) -> list[Figure]:
    # A registry at full load may take more than the usual 5 s.
    group = rollcall_client.AgentGroup(registry_url=registry.url, timeout_seconds=60)
    started_at = time.monotonic()
    await asyncio.gather(
        *(
            group.join(agent_id=f"agent-{number}", port=8000, host="10.0.0.7", ttl_seconds=_TTL_SECONDS)
            for number in range(_AGENTS)
        )
    )
    join_seconds = time.monotonic() - started_at
    batches, cpu, started_at = _batches(registry), time.process_time(), time.monotonic()
    await asyncio.sleep(_BEATS * _TTL_SECONDS / 3)
    seconds = time.monotonic() - started_at
    cpu_seconds, sent = time.process_time() - cpu, _batches(registry) - batches
    alive = await asyncio.to_thread(_alive, registry)
    assert alive == _AGENTS, f"only {alive} of {_AGENTS} agents are alive"
    assert _BEATS - 1 <= sent <= _BEATS + 1, f"{sent} batches in {_BEATS} intervals"
    started_at = time.monotonic()
    await group.close(timeout_seconds=120)
    leave_seconds = time.monotonic() - started_at
    left = await asyncio.to_thread(_alive, registry)
    return [
        Figure(f"{_AGENTS} agents join a group", join_seconds, "s", target=120),
        Figure(f"batches in {_BEATS} heartbeat intervals", sent, "requests"),
        Figure("processor time of a batch", cpu_seconds * 1000 / sent, "ms"),
        Figure("share of a core", 100 * cpu_seconds / seconds, "%"),
        Figure(f"{_AGENTS} agents leave a group", leave_seconds, "s", target=120),
        Figure("agents that it leaves registered", left, "agents", target=0),
    ]


def _alive(registry: Registry) -> int:
    return sum(len(page) for page in registry.client.pages())


def _batches(registry: Registry) -> int:
    with urllib.request.urlopen(f"{registry.url}/metrics") as response:
        found = _BATCHES.search(response.read().decode())
    return int(found[1]) if found else 0
