"""A function that runs as an agent: python function_agent.py"""

import asyncio
import signal

from rollcall_client import AgentRegistryClient
from rollcall_client.frameworks import runs_as_agent


@runs_as_agent(agent_id="function-1", capabilities=["wait"])
async def main(agent: AgentRegistryClient) -> None:
    await agent.set_status("busy")
    print(f"{agent.agent_id} works until SIGTERM", flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
