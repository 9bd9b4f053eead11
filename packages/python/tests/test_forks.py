"""A forked or spawned process never sends the heartbeats of its parent."""

from __future__ import annotations

import pytest
from support.program import Program
from support.registry import Registry, eventually

FORK = """
    import os, sys, threading
    from rollcall_client import sync
    agent = sync.join(AGENT, heartbeat_interval_seconds=0.2, heartbeat_from="SOURCE")
    child = os.fork()
    if child == 0:
        try:
            agent.register()
        except RuntimeError as error:
            print(error, flush=True)
        agent.close()
        print(threading.active_count(), agent.get("a-1").agent_id, flush=True)
        sys.stdin.readline()
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    before = agent.get("a-1").last_heartbeat
    while agent.get("a-1").last_heartbeat == before: pass
    print("ended", status, flush=True)
"""


@pytest.mark.parametrize("source", ["thread", "process"])
def test_a_forked_process_has_no_part_in_the_agent(source: str, registry: Registry) -> None:
    program = Program(FORK.replace("SOURCE", source), registry.url)

    assert "join again in this process" in program.line()
    assert program.line() == "1 a-1"
    program.go_on()
    # The heartbeats of the parent go on.
    assert program.line() == "ended 0"
    program.end()


def test_a_forked_process_joins_as_an_instance_of_its_own(registry: Registry) -> None:
    source = """
        import os
        from rollcall_client import sync
        agent = sync.join(AGENT)
        print(agent.instance_id, flush=True)
        if os.fork() == 0:
            with sync.join(agent_id="a-2") as other:
                print(other.instance_id, flush=True)
        else:
            os.wait()
    """
    program = Program(source, registry.url, {"AGENT_INSTANCE_ID": "run-1"})
    parent, child = program.line(), program.line()

    assert parent == "run-1"
    assert child not in ("", "run-1")
    assert program.end() == (0, "")


def test_of_workers_with_one_id_the_last_one_is_the_agent(registry: Registry) -> None:
    source = """
        import multiprocessing, sys, time
        from rollcall_client import events, sync
        def work(queue, go_on):
            agent = sync.join(AGENT, ttl_seconds=1)
            agent.on(events.Superseded, lambda _: queue.put("superseded"))
            queue.put(agent.instance_id)
            go_on.wait()
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            queue, go_on = context.Queue(), context.Event()
            workers = [context.Process(target=work, args=(queue, go_on)) for _ in range(2)]
            for worker in workers: worker.start()
            print(*sorted(queue.get() for _ in range(3)), flush=True)
            sys.stdin.readline()
            go_on.set()
            for worker in workers: worker.join()
            print(*[worker.exitcode for worker in workers])
    """
    program = Program(source, registry.url)
    *instances, word = program.line().split()
    found = registry.client.get("a-1")

    assert word == "superseded"
    assert found is not None and found.instance_id in instances
    assert len(set(instances)) == 2
    program.go_on()
    assert program.line() == "0 0"
    program.end()
    eventually(lambda: registry.client.get("a-1") is None)


def test_a_forked_process_is_not_given_the_stale_list_of_a_view(registry: Registry) -> None:
    source = """
        import os, sys
        from rollcall_client import sync
        with sync.DiscoveryClient() as registry, registry.live_view(agent_id="a-*") as view:
            connected = []
            sys.addaudithook(lambda event, args: event == "socket.connect" and connected.append(args))
            child = os.fork()
            if child == 0:
                reads = (lambda: view.agents, lambda: view.get("a-1"), view.pick, lambda: view.age_seconds)
                for read in reads:
                    try:
                        read()
                    except RuntimeError as error:
                        print(error, flush=True)
                print(view.is_connected, flush=True)
                view.close()
                sys.exit(0)
            os.waitpid(child, 0)
            with sync.join(AGENT):
                while view.get("a-1") is None: pass
                print(len(connected), flush=True)
    """
    program = Program(source, registry.url)

    for _ in range(4):
        assert "create one in this process" in program.line()
    assert program.line() == "False"
    # That of the agent: the child has not interrupted the stream of its parent.
    assert program.line() == "1"
    assert program.end() == (0, "")


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_the_workers_of_a_pool_join_and_leave_in_silence(method: str, registry: Registry) -> None:
    source = f"""
        import multiprocessing
        from rollcall_client import sync
        def work(number):
            with sync.join(agent_id=f"w-{{number}}", port=8000) as agent:
                return agent.get(agent.agent_id).is_alive
        if __name__ == "__main__":
            with sync.join(AGENT), multiprocessing.get_context("{method}").Pool(2) as pool:
                print(pool.map(work, range(4)))
    """
    program = Program(source, registry.url)

    assert program.line() == "[True, True, True, True]"
    assert program.end() == (0, "")
    assert registry.transitions("a-1") == ["registered", "deregistered"]
    assert registry.client.list() == []
