"""Functions that run as agents."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast, overload

from .. import sync
from ..agent.client import AgentRegistryClient, join
from ..options.options import JoinOptions
from ..options.rules import require_valid_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

P = ParamSpec("P")
R = TypeVar("R")


class AgentDecorator:
    """Makes a function run as an agent; see :func:`runs_as_agent`."""

    def __init__(self, options: JoinOptions) -> None:
        self._options = options

    @overload
    def __call__(
        self, function: Callable[Concatenate[AgentRegistryClient, P], Coroutine[Any, Any, R]]
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...

    @overload
    def __call__(
        self, function: Callable[Concatenate[sync.AgentRegistryClient, P], R]
    ) -> Callable[P, R]: ...

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run(*args: Any, **kwargs: Any) -> Any:
                async with join(**self._options) as agent:
                    return await function(agent, *args, **kwargs)

            return run

        @functools.wraps(function)
        def run_blocking(*args: Any, **kwargs: Any) -> Any:
            with sync.join(**self._options) as agent:
                return function(agent, *args, **kwargs)

        return run_blocking


def runs_as_agent(**options: Unpack[JoinOptions]) -> AgentDecorator:
    """Makes a function run as an agent: registered while it runs, deregistered when it returns or raises.

    ::

        @runs_as_agent(agent_id="nightly-report", capabilities=["report"])
        async def main(agent: AgentRegistryClient, day: str) -> None: ...

        asyncio.run(main("monday"))

    The function gets the agent as its first argument: an ``AgentRegistryClient`` if it is asynchronous,
    else one of ``rollcall_client.sync``. Its calls raise as ``join`` does. An agent is one process: do not
    run two calls at once. Raises TypeError or ValueError for an invalid option.
    """
    require_valid_options(cast("dict[str, object]", options))
    return AgentDecorator(options)
