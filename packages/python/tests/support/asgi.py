"""A server of ASGI, as far as the lifespan of an app, and an app without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from rollcall_client import AgentRegistryClient
from rollcall_client.frameworks import WorkerAgent
from rollcall_client.frameworks.asgi import App, Message

from .registry import eventually


async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """An app that rejects what is not a request."""
    assert scope["type"] == "http"


async def joined(state: dict[str, Any]) -> AgentRegistryClient:
    """Waits until the agent of an app has joined."""
    worker: WorkerAgent[AgentRegistryClient] = state["rollcall"]
    return await asyncio.to_thread(lambda: eventually(lambda: worker.agent))


@asynccontextmanager
async def running(app: App) -> AsyncGenerator[dict[str, Any], None]:
    """Starts an app and stops it. Yields the state of its requests. Raises what the app raises."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    state: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    lifespan = asyncio.ensure_future(app(scope, to_app.get, from_app.put))

    async def exchange(kind: str) -> None:
        await to_app.put({"type": f"lifespan.{kind}"})
        answer = asyncio.ensure_future(from_app.get())
        await asyncio.wait({answer, lifespan}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await lifespan
            raise AssertionError("the app has ended without an answer")
        assert answer.result()["type"] == f"lifespan.{kind}.complete", answer.result()

    await exchange("startup")
    yield state
    await exchange("shutdown")
    await lifespan
