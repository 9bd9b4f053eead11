"""Of the workers of a web server, one is the agent; another one takes over when it dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.registry import Registry, eventually
from support.web_server import WebServer

ASYNC_APP = """
    import os
    from fastapi import FastAPI, Request
    from rollcall_client.frameworks.starlette import lifespan
    app = FastAPI(lifespan=lifespan(agent_id="w-1", ttl_seconds=10, version="1"))
    @app.get("/")
    async def describe(request: Request):
        return {"pid": os.getpid(), "is_agent": request.state.rollcall.agent is not None}
"""
BLOCKING_APP = """
    import os
    from flask import Flask, request
    from rollcall_client.frameworks.wsgi import with_agent
    app = Flask(__name__)
    app.wsgi_app = with_agent(app.wsgi_app, agent_id="w-1", ttl_seconds=10)
    @app.get("/")
    def describe():
        return {"pid": os.getpid(), "is_agent": request.environ["rollcall"].agent is not None}
"""
WORKERS = 4
GUNICORN = ["gunicorn", "served:app", "--bind", "127.0.0.1:PORT", "--workers", str(WORKERS)]
UVICORN = ["uvicorn", "served:app", "--port", "PORT"]

Serve = Callable[[str, list[str]], WebServer]


@pytest.fixture
def serve(tmp_path: Path, registry: Registry) -> Iterator[Serve]:
    """Starts web servers, which are killed after the test."""
    started: list[WebServer] = []

    def start(source: str, command: list[str]) -> WebServer:
        server = WebServer(tmp_path, source, command, registry.url)
        started.append(server)
        return server

    yield start
    for server in started:
        server.clean_up()


@pytest.mark.parametrize(
    ("source", "command"),
    [
        (ASYNC_APP, [*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"]),
        (ASYNC_APP, [*UVICORN, "--workers", str(WORKERS)]),
        (BLOCKING_APP, GUNICORN),
    ],
    ids=["gunicorn with uvicorn workers", "uvicorn --workers", "gunicorn with Flask"],
)
def test_one_worker_is_the_agent_until_it_dies(
    source: str, command: list[str], serve: Serve, registry: Registry
) -> None:
    server = serve(source, command)
    eventually(lambda: len(server.agents(WORKERS)) == 1)
    (first,) = server.agents(WORKERS)
    before = registry.client.get("w-1")
    assert before is not None
    assert registry.transitions("w-1") == ["registered"]

    server.kill(first)

    def successors() -> set[int]:
        # The server replaces the dead worker, or not: three are enough.
        return server.agents(WORKERS - 1) - {first}

    eventually(successors)
    after = registry.client.get("w-1")
    assert after is not None and after.is_alive
    assert after.instance_id != before.instance_id
    assert after.incarnation == before.incarnation + 1
    assert "expired" not in registry.transitions("w-1")

    server.stop()
    assert registry.client.get("w-1") is None, server.log


def test_reload_replaces_the_agent(serve: Serve, registry: Registry) -> None:
    server = serve(ASYNC_APP, [*UVICORN, "--reload"])

    def has_version(version: str) -> bool:
        found = registry.client.get("w-1")
        return found is not None and found.version == version

    eventually(lambda: has_version("1"))
    assert server.agents(1)
    server.write(ASYNC_APP.replace('version="1"', 'version="2"'))

    eventually(lambda: has_version("2"))
    # The old process has said goodbye before the new one joined.
    assert registry.transitions("w-1") == ["registered", "deregistered", "registered"]
    server.stop()
    assert registry.client.get("w-1") is None, server.log


def test_with_preload_the_parent_of_the_workers_is_the_agent(
    serve: Serve, registry: Registry
) -> None:
    server = serve(BLOCKING_APP, [*GUNICORN, "--preload"])
    eventually(lambda: registry.client.get("w-1"))

    assert server.agents(WORKERS) == set()
    server.stop()
    assert registry.client.get("w-1") is None, server.log
