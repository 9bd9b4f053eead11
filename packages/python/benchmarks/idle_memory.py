"""The memory of an agent that only keeps its lease, beside a bare loop of httpx that does so."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from support.registry import Registry

from .figures import Figure

#: Heartbeats before memory is measured; the lease lasts 1 s, so this takes about 7 s.
_HEARTBEATS = 20

_AGENT = f"""
import asyncio, os, rollcall_client
async def main():
    async with rollcall_client.join(agent_id="agent", port=8000, ttl_seconds=1):
        await asyncio.sleep({_HEARTBEATS} / 3)
        report()
"""
_BARE_LOOP = f"""
import asyncio, os, httpx
async def main():
    async with httpx.AsyncClient(base_url=os.environ["REGISTRY_URL"]) as client:
        registration = {{"agent_id": "bare", "agent_name": "bare", "host": "10.0.0.7", "port": 8000}}
        await client.post("/agents/register", json={{**registration, "ttl_seconds": 1}})
        for _ in range({_HEARTBEATS}):
            await asyncio.sleep(1 / 3)
            await client.post("/agents/bare/heartbeat")
        report()
"""
_REPORT = """
def report():
    with open("/proc/self/statm") as file:
        print(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)
asyncio.run(main())
"""


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder))
        try:
            agent, bare = (_resident_mib(code, registry.url) for code in (_AGENT, _BARE_LOOP))
        finally:
            registry.stop()
    return [Figure("resident memory of an idle agent", agent, "MiB", ("bare httpx loop", bare))]


def _resident_mib(code: str, registry_url: str) -> float:
    environment = {**os.environ, "REGISTRY_URL": registry_url}
    command = [sys.executable, "-c", code + _REPORT]
    return float(subprocess.check_output(command, env=environment))
