"""Agents in WSGI applications, without a web server."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from rollcall_client.frameworks import wsgi
from rollcall_client.process.worker_lock import WorkerLock
from support.program import Program
from support.registry import Registry, eventually


def test_a_wsgi_app_is_an_agent_until_it_is_closed(registry: Registry) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return [environ["rollcall"].agent.agent_id.encode()]

    agent_app = wsgi.with_agent(
        app, agent_id="a-1", registry_url=registry.url, exit_on_sigterm=False
    )
    eventually(lambda: agent_app.agent)
    assert agent_app({}, None) == [b"a-1"]
    agent_app.close()
    assert agent_app.agent is None
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_forked_worker_is_not_the_agent_of_its_parent(registry: Registry) -> None:
    source = """
        import os
        from rollcall_client.frameworks.wsgi import with_agent
        app = with_agent(lambda environ, start_response: [], agent_id="a-1")
        while app.agent is None: pass
        if os.fork() == 0:
            print(app.agent, flush=True)
            os._exit(0)
        os.wait()
    """
    program = Program(source, registry.url)
    assert program.line() == "None"
    assert program.end()[0] == 0


def test_the_thread_that_joins_imports_nothing_while_workers_are_forked(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    other_worker = WorkerLock(registry.url, "a-1")
    assert other_worker.acquire()
    source = """
        import sys
        from rollcall_client import sync
        from rollcall_client.frameworks.wsgi import with_agent
        app = with_agent(lambda environ, start_response: [], agent_id="a-1")
        # The thread waits for the lock; this one does what it would do.
        before = set(sys.modules)
        with sync.join(agent_id="a-2"):
            print(sorted(set(sys.modules) - before))
    """
    program = Program(source, registry.url, {"TMPDIR": str(tmp_path)})

    assert program.line() == "[]"
    other_worker.release()
    assert program.end() == (0, "")


#: Prints what still tries to become the agent at its end. Registered first, that runs last.
ENDS_LAST = """
        import atexit, threading, time
        def trying():
            return [it.name for it in threading.enumerate() if "rollcall agent" in it.name]
        def end():
            deadline = time.monotonic() + 60
            while trying() and time.monotonic() < deadline:
                time.sleep(0.01)
            print("trying:", trying())
        atexit.register(end)
        import logging
        logging.basicConfig(format="%(message)s")
        from rollcall_client.frameworks.wsgi import with_agent
        app = with_agent(lambda environ, start_response: [], agent_id="a-1")
        print("started")
        input()
"""
#: Nothing listens there.
AWAY = "http://127.0.0.1:9"


def test_at_exit_an_app_no_longer_waits_to_take_over(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    other_worker = WorkerLock(registry.url, "a-1")
    assert other_worker.acquire()
    program = Program(ENDS_LAST, registry.url, {"TMPDIR": str(tmp_path)})
    assert program.line() == "started"
    program.go_on()

    assert program.line() == "trying: []"
    other_worker.release()
    assert program.end() == (0, "")
    assert registry.client.history("a-1") is None


def test_at_exit_an_app_no_longer_tries_to_join() -> None:
    program = Program(ENDS_LAST, AWAY)
    assert program.line() == "started"
    program.go_on()

    assert program.line() == "trying: []"
    code, errors = program.end()
    assert code == 0
    # It says that the registry is away, and nothing of its own end.
    assert all("cannot be registered" in line for line in errors.splitlines())


def test_an_app_that_is_closed_no_longer_tries_to_join(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return []

    agent_app = wsgi.with_agent(app, agent_id="a-1", registry_url=AWAY, exit_on_sigterm=False)
    eventually(lambda: "retrying" in caplog.text)
    agent_app.close()

    assert not any("rollcall agent" in it.name for it in threading.enumerate())
