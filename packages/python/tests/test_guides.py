"""The programs in the guides run as they are."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from rollcall_client import sync
from support.program import Program
from support.registry import Registry, eventually
from support.web_server import WebServer

ROOT = Path(__file__).parents[3]
GUIDES = ROOT / "docs/guides"


def program(page: str, title: str) -> str:
    """Returns the program with this title on a page."""
    text = (GUIDES / page).read_text()
    found = re.search(rf'^```python title="{re.escape(title)}"\n(.*?)^```$', text, re.M | re.S)
    assert found is not None, f"{page} has no {title}"
    return found[1]


def searcher(registry: Registry) -> sync.AgentRegistryClient:
    """Joins an agent for the programs that look for one."""
    return sync.join(
        agent_id="found-1",
        host="10.0.0.7",
        port=8000,
        capabilities=["search"],
        registry_url=registry.url,
        exit_on_sigterm=False,
    )


AGENTS = {
    "agent.py": ["researcher-1"],
    "blocking_agent.py": ["researcher-2"],
    "checked.py": ["checked-1"],
    "solver.py": ["solver-1"],
    "group.py": ["ada", "grace", "barbara"],
}
FINDERS = {"find.py", "view.py"}
SERVERS = ("fastapi_agent.py", "asgi_agent.py", "flask_agent.py")
ONE_SHOT = {"function_agent.py", "mcp_agent.py"}


def test_every_program_of_the_guides_is_run() -> None:
    pages = ("python-client.md", "python-frameworks.md")
    titles = {
        title
        for page in pages
        for title in re.findall(r'^```python title="(.*?)"', (GUIDES / page).read_text(), re.M)
    }
    assert titles == {*AGENTS, *FINDERS, *SERVERS, *ONE_SHOT}


@pytest.mark.parametrize("title", AGENTS)
def test_an_agent_of_the_guide_stays_until_sigterm(title: str, registry: Registry) -> None:
    running = Program(program("python-client.md", title), registry.url)
    assert "registered at http" in running.line()
    for agent_id in AGENTS[title]:
        found = registry.client.get(agent_id)
        assert found is not None and found.is_alive

    running.send(signal.SIGTERM)
    assert running.end() == (143, "")
    for agent_id in AGENTS[title]:
        assert registry.client.get(agent_id) is None


def test_the_guide_finds_agents_and_follows_changes(registry: Registry) -> None:
    with searcher(registry) as agent:
        running = Program(program("python-client.md", "find.py"), registry.url)
        assert running.line() == "0 ['found-1 at http://10.0.0.7:8000']"
        lines = iter(running.line, "")
        assert "synced" in lines
        agent.deregister()
        assert "deregistered" in lines
    running.send(signal.SIGKILL)
    running.end()


def test_the_guide_picks_an_agent(registry: Registry) -> None:
    with searcher(registry):
        running = Program(program("python-client.md", "view.py"), registry.url)
        assert running.line() == "http://10.0.0.7:8000"
        assert running.end() == (0, "")


@pytest.mark.parametrize("title", SERVERS)
def test_a_server_of_the_guide_is_an_agent(
    title: str, registry: Registry, tmp_path: Path
) -> None:
    command = ["uvicorn", "served:app", "--port", "PORT"]
    if title == "flask_agent.py":
        command = ["flask", "--app", "served", "run", "--port", "PORT"]
    name = title.replace("_agent.py", "-1")
    server = WebServer(tmp_path, program("python-frameworks.md", title), command, registry.url)
    try:
        eventually(lambda: registry.client.get(name))
        assert server.stop() in (0, 143, -signal.SIGTERM)
        assert registry.client.get(name) is None, server.log
    finally:
        server.clean_up()


def test_the_mcp_server_of_the_guide_is_an_agent(registry: Registry, tmp_path: Path) -> None:
    source = program("python-frameworks.md", "mcp_agent.py")
    command = ["uvicorn", "served:app", "--port", "PORT"]
    server = WebServer(tmp_path, source, command, registry.url)
    try:
        found = eventually(lambda: registry.client.get("adder-1"))
        assert (found.protocol, found.capabilities) == ("mcp", ("add",))
    finally:
        server.clean_up()


def test_the_function_of_the_guide_runs_as_an_agent(registry: Registry) -> None:
    running = Program(program("python-frameworks.md", "function_agent.py"), registry.url)

    assert running.line() == "nightly-1 works on monday"
    assert running.end() == (0, "")
    assert registry.transitions("nightly-1")[-1] == "deregistered"
