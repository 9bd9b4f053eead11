"""Functions that run as agents."""

from __future__ import annotations

import asyncio

import pytest
from rollcall_client import AgentRegistryClient, sync
from rollcall_client.frameworks import runs_as_agent
from support.registry import Registry


def test_an_asynchronous_function_runs_as_an_agent(registry: Registry) -> None:
    @runs_as_agent(agent_id="a-1", registry_url=registry.url)
    async def work(agent: AgentRegistryClient, word: str, *, times: int) -> str:
        assert (await agent.get("a-1")) is not None
        return word * times

    assert asyncio.run(work("la", times=2)) == "lala"
    assert registry.transitions("a-1") == ["registered", "deregistered"]


def test_a_blocking_function_runs_as_an_agent_until_it_raises(registry: Registry) -> None:
    @runs_as_agent(agent_id="a-1", registry_url=registry.url)
    def work(agent: sync.AgentRegistryClient) -> None:
        assert agent.get("a-1") is not None
        raise LookupError

    with pytest.raises(LookupError):
        work()
    assert work.__name__ == "work"
    assert registry.transitions("a-1") == ["registered", "deregistered"]
