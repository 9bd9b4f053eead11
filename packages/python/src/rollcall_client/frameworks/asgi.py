"""Any ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from ..agent.client import AgentRegistryClient
from ..options.options import JoinOptions
from ..runtime.asynchronous import AsyncRuntime
from .worker_agent import WorkerAgent, worker_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
#: Returns what an agent has beyond its options, when it joins.
Describe = Callable[[JoinOptions], Awaitable[JoinOptions]]


class Lifespan:
    """Creates the agent of an app each time that its server starts."""

    def __init__(self, options: JoinOptions, describe: Describe | None = None) -> None:
        self._options, self._lock = worker_options(options)
        self._describe = describe

    def worker(self) -> WorkerAgent[AgentRegistryClient]:
        """Creates the part of this worker; needs an event loop."""
        name = f"rollcall agent {self._options.get('agent_id')}"
        return WorkerAgent(
            AsyncRuntime(),
            self._lock,
            create=self._create,
            close=AgentRegistryClient.close,
            name=name,
        )

    async def _create(self) -> AgentRegistryClient:
        described: JoinOptions = {}
        if self._describe is not None:
            described = await self._describe(self._options)
        options: JoinOptions = {**described, **self._options}
        return AgentRegistryClient(**options)


def with_agent(app: App, **options: Unpack[JoinOptions]) -> App:
    """Returns the app as an agent, which joins when the server has started, and leaves before it stops.

    The state of requests has it: ``scope["state"]["rollcall"].agent``; None while another worker is the
    agent. Needs a server with the lifespan protocol, as uvicorn and hypercorn have it; the app itself need
    not have it. Raises TypeError or ValueError for an invalid option.
    """
    return AgentApp(app, Lifespan(options))


class AgentApp:
    """An app that is an agent during its lifespan."""

    def __init__(self, app: App, lifespan: Lifespan) -> None:
        self._app = app
        self._lifespan = lifespan

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        worker = self._lifespan.worker()
        if "state" in scope:
            scope["state"]["rollcall"] = worker
        try:
            await _run_lifespan(self._app, worker, scope, receive, send)
        finally:
            await worker.stop()


async def _run_lifespan(
    app: App,
    worker: WorkerAgent[AgentRegistryClient],
    scope: Message,
    receive: Receive,
    send: Send,
) -> None:
    is_asked = False

    async def receive_for_app() -> Message:
        nonlocal is_asked
        message = await receive()
        is_asked = True
        if message["type"] == "lifespan.shutdown":
            # First: no new work is to arrive at an app that is stopping.
            await worker.stop()
        return message

    async def send_for_app(message: Message) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            worker.start()

    try:
        await app(scope, receive_for_app, send_for_app)
    except Exception:
        if is_asked:
            raise
    if is_asked:
        return
    # The app has no lifespan.
    await receive()
    await send({"type": "lifespan.startup.complete"})
    worker.start()
    await receive()
    await worker.stop()
    await send({"type": "lifespan.shutdown.complete"})
