"""Lets the conformance suite control the Python SDK: ``python python_driver.py asyncio|blocking``.

Reads commands as lines of JSON, and writes their results and the events of the SDK.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

import rollcall_client
from rollcall_client import errors, events, sync

IS_BLOCKING = sys.argv[1] == "blocking"
SDK: Any = sync if IS_BLOCKING else rollcall_client
EVENTS = {
    events.Registered: "registered",
    events.Lost: "lost",
    events.Reregistered: "reregistered",
    events.Deregistered: "deregistered",
    events.Superseded: "superseded",
    events.Closed: "closed",
    events.Failed: "failed",
    events.Late: "late",
    events.Recovered: "recovered",
    events.Warned: "warned",
    events.CheckFailed: "check_failed",
    events.CheckPassed: "check_passed",
}
write_lock = threading.Lock()


def write(message: dict[str, Any]) -> None:
    with write_lock:
        print(json.dumps(message), flush=True)


async def call(function: Any, *args: Any, **options: Any) -> Any:
    if not IS_BLOCKING:
        return await function(*args, **options)
    # Not `to_thread`: a call that waits for ever must not keep the process running.
    result: Future[Any] = Future()

    def run() -> None:
        try:
            result.set_result(function(*args, **options))
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(result)


async def items(iterator: Any) -> AsyncIterator[Any]:
    if not IS_BLOCKING:
        async for item in iterator:
            yield item
        return
    end = object()
    while (item := await call(next, iterator, end)) is not end:
        yield item


class Driver:
    """Executes commands."""

    agent: Any = None
    discovery: Any = None
    view: Any = None
    is_healthy = True

    def __init__(self) -> None:
        self.group = None
        self.members: dict[str, Any] = {}
        self.watching: set[asyncio.Task[None]] = set()

    async def join(self, *, checked: bool = False, **options: Any) -> None:
        if checked:
            options["check"] = lambda: self.is_healthy
        self.agent = self.observe(await call(SDK.join, **options))

    def observe(self, agent: Any) -> Any:
        for kind, name in EVENTS.items():

            def listener(event: Any, name: str = name) -> None:
                details = {"incarnation": getattr(event, "incarnation", None)}
                write({"event": name, "agent_id": agent.agent_id, **details})

            agent.on(kind, listener)
        return agent

    async def set_health(self, *, is_healthy: bool) -> None:
        self.is_healthy = is_healthy

    async def register(self) -> None:
        await call(self.agent.register)

    async def heartbeat(self, **report: Any) -> None:
        await call(self.agent.heartbeat, **report)

    async def set_status(self, **report: Any) -> None:
        await call(self.agent.set_status, **report)

    async def deregister(self) -> bool:
        return bool(await call(self.agent.deregister))

    async def close(self) -> None:
        await call(self.agent.close)

    def registry(self) -> Any:
        if self.discovery is None:
            self.discovery = SDK.DiscoveryClient()
        return self.discovery

    async def list(self, **query: Any) -> list[str]:
        return [agent.agent_id for agent in await call(self.registry().list, **query)]

    async def pages(self, **query: Any) -> list[list[str]]:
        pages = items(self.registry().pages(**query))
        return [[agent.agent_id for agent in page] async for page in pages]

    async def get(self, *, agent_id: str) -> dict[str, Any] | None:
        agent = await call(self.registry().get, agent_id)
        if agent is None:
            return None
        return {
            "agent_id": agent.agent_id,
            "agent_name": agent.agent_name,
            "url": agent.url,
            "status": agent.status,
            "ttl_seconds": agent.ttl_seconds,
            "last_heartbeat": round(agent.last_heartbeat.timestamp() * 1000),
            "is_alive": agent.is_alive,
        }

    async def history(self, *, agent_id: str) -> list[str] | None:
        transitions = await call(self.registry().history, agent_id)
        return None if transitions is None else [event.type for event in transitions]

    async def watch(self, **options: Any) -> None:
        async def follow() -> None:
            try:
                async for event in items(self.registry().watch(**options)):
                    agent = getattr(event, "agent", None)
                    write({"watch": event.type, "agent_id": agent and agent.agent_id})
            except Exception as error:
                write({"watch": "ended", "error": describe(error)})

        self.watching.add(asyncio.create_task(follow()))

    async def open_view(self, **options: Any) -> None:
        self.view = self.registry().live_view(**options)
        self.view.on_change(lambda agents: write({"view": [it.agent_id for it in agents]}))
        await call(self.view.ready)

    async def view_agents(self) -> list[str]:
        return [agent.agent_id for agent in self.view.agents]

    async def pick(self, *, excluded: tuple[str, ...] = (), **options: Any) -> str | None:
        agent = self.view.pick(exclude=lambda it: it.agent_id in excluded, **options)
        return agent and agent.agent_id

    async def close_view(self) -> None:
        await call(self.view.close)

    async def join_group(self, **options: Any) -> None:
        self.group = self.group or SDK.AgentGroup()
        agent = await call(self.group.join, **options)
        self.members[agent.agent_id] = self.observe(agent)

    async def group_agents(self) -> list[str]:
        return [agent.agent_id for agent in self.group.agents] if self.group else []

    async def close_group(self, **options: Any) -> None:
        if self.group:
            await call(self.group.close, **options)


def describe(error: BaseException) -> dict[str, Any]:
    if isinstance(error, errors.ApiError):
        return {"kind": "api", "code": error.code, "message": str(error)}
    for kind, name in ((errors.TimeoutError, "timeout"), (errors.NetworkError, "network")):
        if isinstance(error, kind):
            return {"kind": name, "message": str(error)}
    is_usage = isinstance(error, (ValueError, TypeError))
    return {"kind": "usage" if is_usage else "other", "message": str(error)}


async def execute(driver: Driver, command: dict[str, Any]) -> None:
    try:
        result = await getattr(driver, command["do"])(**command["with"])
        write({"id": command["id"], "result": result})
    except Exception as error:
        write({"id": command["id"], "error": describe(error)})


async def main() -> None:
    driver = Driver()
    running: set[asyncio.Task[None]] = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        running.add(asyncio.create_task(execute(driver, json.loads(line))))


asyncio.run(main())
