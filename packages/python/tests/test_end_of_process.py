"""An agent is gone when its process ends, however that happens, and leaves nothing behind."""

from __future__ import annotations

import signal

import pytest
from support.program import Program
from support.registry import Registry, eventually

ASYNC_WITH = """
import asyncio, sys, rollcall_client
async def main():
    async with rollcall_client.join(AGENT) as agent:
        print("joined")
        {}
asyncio.run(main())
"""
ASYNC_UNCLOSED = """
import asyncio, sys, rollcall_client
async def main():
    agent = await rollcall_client.join(AGENT)
    print("joined")
    {}
asyncio.run(main())
"""
BLOCKING_WITH = """
import sys, time
from rollcall_client import sync
with sync.join(AGENT) as agent:
    print("joined")
    {}
"""
BLOCKING_UNCLOSED = """
import sys, time
from rollcall_client import sync
agent = sync.join(AGENT)
print("joined")
{}
"""
IN_THREAD = """
import asyncio, sys, rollcall_client
async def main():
    async with rollcall_client.join(AGENT, heartbeat_from="thread") as agent:
        print("joined")
        {}
asyncio.run(main())
"""
IN_PROCESS = IN_THREAD.replace('"thread"', '"process"')
IN_GROUP = """
import asyncio, sys, rollcall_client
async def main():
    async with rollcall_client.AgentGroup() as group:
        await group.join(AGENT)
        print("joined")
        {}
asyncio.run(main())
"""
PROGRAMS = {
    "async with": ASYNC_WITH,
    "async, unclosed": ASYNC_UNCLOSED,
    "with": BLOCKING_WITH,
    "blocking, unclosed": BLOCKING_UNCLOSED,
    "heartbeats from a thread": IN_THREAD,
    "heartbeats from a process": IN_PROCESS,
    "in a group": IN_GROUP,
}
SIGTERM_EXIT_CODE = 143

every_program = pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS.keys())


def run(source: str, body: str, registry: Registry) -> Program:
    program = Program(source.format(f"sys.stdin.readline(); {body}"), registry.url)
    assert program.line() == "joined", program.end()[1]
    assert registry.client.get("a-1") is not None
    program.go_on()
    return program


@every_program
def test_an_agent_is_gone_after_its_program(source: str, registry: Registry) -> None:
    code, errors = run(source, "pass", registry).end()

    assert (code, errors) == (0, "")
    assert registry.client.get("a-1") is None


@every_program
def test_an_agent_is_gone_after_an_exception(source: str, registry: Registry) -> None:
    code, errors = run(source, "raise KeyError('mine')", registry).end()

    assert code == 1
    assert errors.strip().splitlines()[-1] == "KeyError: 'mine'"
    assert "Warning" not in errors
    assert registry.client.get("a-1") is None


@every_program
def test_an_agent_is_gone_after_sigterm(source: str, registry: Registry) -> None:
    sleep = "await asyncio.sleep(600)" if "asyncio" in source else "time.sleep(600)"
    program = run(source, sleep, registry)
    program.send(signal.SIGTERM)

    assert program.end() == (SIGTERM_EXIT_CODE, "")
    assert registry.client.get("a-1") is None


def test_an_agent_is_gone_after_control_c(registry: Registry) -> None:
    # Shells ignore the signal for what they start in the background.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = run(f"{heeds}\n{ASYNC_WITH}", "await asyncio.sleep(600)", registry)
    program.send(signal.SIGINT)
    _, errors = program.end()

    assert errors.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert registry.client.get("a-1") is None


def test_a_handler_of_the_program_stays_in_place(registry: Registry) -> None:
    source = """
        import signal, sys
        from rollcall_client import sync
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        agent = sync.join(AGENT)
        print("joined")
        sys.stdin.read()
    """
    program = Program(source, registry.url)
    assert program.line() == "joined"
    program.send(signal.SIGTERM)

    assert program.end() == (7, "")
    assert registry.client.get("a-1") is None


def test_without_exit_on_sigterm_the_signal_ends_the_program_at_once(registry: Registry) -> None:
    body = "time.sleep(600)"
    source = BLOCKING_WITH.replace("AGENT", "AGENT, exit_on_sigterm=False")
    program = run(source, body, registry)
    program.send(signal.SIGTERM)

    assert program.end() == (-signal.SIGTERM, "")
    assert registry.client.get("a-1") is not None


def test_no_thread_and_no_task_is_left_after_close(registry: Registry) -> None:
    source = """
        import asyncio, threading, rollcall_client
        from rollcall_client import sync
        async def main():
            for source in ("task", "thread", "process"):
                async with rollcall_client.join(AGENT, heartbeat_from=source) as agent:
                    async with agent.live_view():
                        pass
            print(len(asyncio.all_tasks()))
        asyncio.run(main())
        for source in ("thread", "process"):
            with sync.join(AGENT, heartbeat_from=source) as agent, agent.live_view():
                pass
        print([it.name for it in threading.enumerate()])
    """
    program = Program(source, registry.url)

    assert program.line() == "1", program.end()[1]
    assert program.line() == "['MainThread']"
    assert program.end() == (0, "")


def test_the_heartbeat_process_ends_with_its_agent(registry: Registry) -> None:
    source = """
        import sys
        from rollcall_client import sync
        agent = sync.join(AGENT, ttl_seconds=1, heartbeat_from="process")
        print("joined")
        sys.stdin.read()
    """
    program = Program(source, registry.url)
    assert program.line() == "joined"
    program.send(signal.SIGKILL)
    program.end()

    eventually(lambda: "expired" in registry.transitions("a-1"))


def test_after_the_last_agent_the_signal_ends_the_program_as_by_default(registry: Registry) -> None:
    program = Program(BLOCKING_WITH.format("pass") + "print('left'); sys.stdin.readline()", registry.url)
    assert (program.line(), program.line()) == ("joined", "left")
    program.send(signal.SIGTERM)

    assert program.end() == (-signal.SIGTERM, "")


@pytest.mark.parametrize("module", ["rollcall_client", "rollcall_client.sync"])
def test_an_agent_that_could_not_join_leaves_no_connection(module: str, registry: Registry) -> None:
    wait = "" if module.endswith("sync") else "await "
    source = f"""
        import asyncio, gc, {module} as sdk
        from rollcall_client import ApiError
        async def main():
            try:
                {wait}sdk.join(agent_id="a-1", host="not a host")
            except ApiError as error:
                print(error.status)
        asyncio.run(main())
        # A socket that is still open would be a warning.
        gc.collect()
    """
    program = Program(source, registry.url)

    assert program.line() == "422"
    assert program.end() == (0, "")


def test_a_registry_on_this_machine_is_reached_without_a_proxy(registry: Registry) -> None:
    # Nothing listens there.
    proxied = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    program = Program(BLOCKING_WITH.format("pass"), registry.url, proxied)

    assert program.line() == "joined"
    assert program.end() == (0, "")
