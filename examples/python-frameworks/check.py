"""Checks the examples: starts each as a user would, finds it in the registry, calls it, and stops it.

python check.py [NAME…], with the registry of REGISTRY_URL.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from rollcall_client import Agent, sync

FOLDER = Path(__file__).parent
HOST = "127.0.0.1"
#: What hangs fails in the end; nothing is to fail because the machine is busy.
WAIT_SECONDS = 60

SERVERS = {
    "fastapi": ["uvicorn", "fastapi_agent:app", "--port", "PORT"],
    "asgi": ["uvicorn", "asgi_agent:app", "--port", "PORT"],
    "flask": ["flask", "--app", "flask_agent", "run", "--port", "PORT"],
    "function": ["function_agent"],
    "a2a": ["uvicorn", "a2a_agent:app", "--port", "PORT"],
    "mcp": ["uvicorn", "mcp_agent:app", "--port", "PORT"],
}


def eventually(condition, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.05)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def count_words(found: Agent, registry: sync.DiscoveryClient) -> None:
    response = httpx.post(f"{found.url}/count", content="four words of text")
    assert response.json() == {"words": 4}, response.text


def is_busy(found: Agent, registry: sync.DiscoveryClient) -> None:
    def status():
        agent = registry.get(found.agent_id)
        return agent is not None and agent.status == "busy"

    eventually(status, "the function has not reported its status")


def call_a2a(found: Agent, registry: sync.DiscoveryClient) -> None:
    """Calls the agent with the client of A2A, which finds its card by an address in the registry."""
    from a2a.client import create_client
    from a2a.helpers import get_message_text, new_text_message
    from a2a.types import Role, SendMessageRequest

    in_registry = f"{registry.registry_url}/agents/{found.agent_id}"

    async def say(address: str, path: str | None) -> str:
        client = await create_client(address, relative_card_path=path)
        request = SendMessageRequest(message=new_text_message("hello", role=Role.ROLE_USER))
        async for response in client.send_message(request):
            return get_message_text(response.message)
        return "nothing"

    assert (found.agent_name, found.protocol, found.capabilities) == ("Echo", "a2a", ("echo",))
    # As a base URL, and as the whole address of the card.
    for address, path in ((in_registry, None), (f"{in_registry}/card", "/")):
        assert asyncio.run(say(address, path)) == "hello", address


def call_mcp(found: Agent, registry: sync.DiscoveryClient) -> None:
    """Calls the agent with the client of MCP, at the URL in the registry."""
    from mcp import Client

    async def add() -> object:
        async with Client(found.url) as client:
            return (await client.call_tool("add", {"a": 2, "b": 3})).structured_content

    assert (found.agent_name, found.protocol, found.capabilities) == ("Adder", "mcp", ("add",))
    assert asyncio.run(add()) == {"result": 5}


CALLS = {"function": is_busy, "a2a": call_a2a, "mcp": call_mcp}


def check(name: str, registry: sync.DiscoveryClient) -> None:
    port = free_port()
    command = [word.replace("PORT", str(port)) for word in SERVERS[name]]
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=FOLDER,
        env={**os.environ, "AGENT_HOST": HOST, "AGENT_PORT": str(port)},
    )
    try:

        def joined():
            assert process.poll() is None, f"it ended with {process.returncode}"
            return registry.get(f"{name}-1")

        found = eventually(joined, f"{name}-1 has not joined")
        if name != "function":
            eventually(lambda: is_open(port), "it does not listen")
        CALLS.get(name, count_words)(found, registry)
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_SECONDS)
        assert registry.get(f"{name}-1") is None, f"{name}-1 has not left"
    finally:
        process.kill()
        process.wait()
    print(f"ok: {name} joined, was found and called, left", flush=True)


def main() -> None:
    with sync.DiscoveryClient() as registry:
        for name in sys.argv[1:] or SERVERS:
            check(name, registry)


if __name__ == "__main__":
    main()
