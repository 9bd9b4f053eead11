"""Flask, and any other WSGI application."""

from __future__ import annotations

import atexit
import importlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import certifi

from .. import sync
from ..options.options import JoinOptions
from ..process.exit import exit_on_sigterm
from ..runtime.blocking import BlockingRuntime, run_blocking
from .worker_agent import WorkerAgent, worker_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: A WSGI application; the types of its arguments differ between frameworks.
App = Callable[..., Iterable[bytes]]


def _import_what_requests_import() -> None:
    """Imports what httpx imports with the first request, in the thread that forks.

    In a worker that is forked while another thread imports (``gunicorn --preload``), the lock of the import would
    never be released.
    """
    for module in ("encodings.idna", "httpcore"):
        importlib.import_module(module)
    # Reads where the authorities are, by modules that differ between versions of Python.
    certifi.where()


class AgentApp:
    """A WSGI application that is an agent; see :func:`with_agent`."""

    def __init__(self, app: App, options: JoinOptions) -> None:
        self._app = app
        own, lock = worker_options(options)

        async def create() -> sync.AgentRegistryClient:
            return sync.AgentRegistryClient(**own)

        async def close(agent: sync.AgentRegistryClient) -> None:
            agent.close()

        name = f"rollcall agent {own.get('agent_id')}"
        self._worker = WorkerAgent(BlockingRuntime(), lock, create=create, close=close, name=name)
        _import_what_requests_import()
        self._worker.start()
        atexit.register(self._worker.request_stop)

    @property
    def agent(self) -> sync.AgentRegistryClient | None:
        """The agent; None before it has joined, and while another worker is the agent."""
        return self._worker.agent

    def close(self) -> None:
        """Deregisters the agent, as the end of the process does. Idempotent."""
        run_blocking(self._worker.stop())
        atexit.unregister(self._worker.request_stop)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["rollcall"] = self._worker
        return self._app(environ, start_response)


def with_agent(app: App, **options: Unpack[JoinOptions]) -> AgentApp:
    """Returns the app as an agent, which joins at once, and leaves when the process ends.

    ::

        app = Flask(__name__)
        app.wsgi_app = with_agent(app.wsgi_app, agent_id="researcher-1", port=8000)

        @app.post("/work")
        def work() -> str:
            agent = request.environ["rollcall"].agent  # None: another worker is the agent

    A thread sends the heartbeats. Of several workers, one is the agent; see ``WorkerAgent``. Raises TypeError
    or ValueError for an invalid option.
    """
    if options.get("exit_on_sigterm") is not False:
        # The thread that joins cannot set it.
        exit_on_sigterm()
    return AgentApp(app, options)
