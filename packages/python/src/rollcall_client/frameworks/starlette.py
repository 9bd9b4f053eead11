"""FastAPI and Starlette."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..options.options import JoinOptions
from .asgi import Lifespan

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: A lifespan of Starlette: yields the state of requests, or None.
AppLifespan = Callable[[Any], AbstractAsyncContextManager["Mapping[str, Any] | None"]]
#: Ours always yields one.
AgentLifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]


def lifespan(own: AppLifespan | None = None, **options: Unpack[JoinOptions]) -> AgentLifespan:
    """Returns a lifespan in which the app is an agent.

    ::

        app = FastAPI(lifespan=lifespan(agent_id="researcher-1", port=8000))

        @app.post("/work")
        async def work(request: Request) -> None:
            agent = request.state.rollcall.agent  # None: another worker is the agent

    ``own`` is the lifespan that the app has anyway; the agent joins after it has started, and leaves before
    it ends. Of several workers, one is the agent; see ``WorkerAgent``. Raises TypeError or ValueError for an
    invalid option.
    """
    agent_lifespan = Lifespan(options)

    @asynccontextmanager
    async def run(app: Any) -> AsyncGenerator[Mapping[str, Any], None]:
        async with AsyncExitStack() as stack:
            state = await stack.enter_async_context(own(app)) if own else None
            worker = agent_lifespan.worker()
            stack.push_async_callback(worker.stop)
            worker.start()
            yield {**(state or {}), "rollcall": worker}

    return run
