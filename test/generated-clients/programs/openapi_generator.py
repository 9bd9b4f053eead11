import sys

from openapi_client import (
    AgentsApi,
    ApiClient,
    Configuration,
    DiscoveryApi,
    HeartbeatReport,
    Registration,
)
from openapi_client.exceptions import NotFoundException

url, agent_id = sys.argv[1:]
client = ApiClient(Configuration(host=url))
agents = AgentsApi(client)
discovery = DiscoveryApi(client)
metadata = {"region": "eu-1", "gpu": {"count": 2}}

registered = agents.register_agent(
    Registration(
        agent_id=agent_id, agent_name="Researcher", host="10.0.0.7", port=8000, metadata=metadata
    )
)
assert registered.metadata == metadata, registered
print("register")

beat = agents.heartbeat(agent_id, HeartbeatReport(status="busy", load=0.5))
assert beat.status == "ok", beat
assert agents.heartbeat(agent_id).status == "ok"
print("heartbeat")


def ids_in(region):
    return [agent.agent_id for agent in discovery.list_agents(metadata=[f"region:{region}"])]


assert ids_in("eu-1") == [agent_id]
assert ids_in("us-1") == []
# Two others exist, without metadata and with a string.
assert [agent.metadata for agent in discovery.list_agents()] == [None, metadata, '{"a":1}']
print("list")

agent = agents.get_agent(agent_id)
assert agent.metadata == metadata, agent
assert (agent.status, agent.load) == ("busy", 0.5), agent
print("get")

events = discovery.list_events(metadata=["region:eu-1"], limit=10)
assert [event.type for event in events] == ["registered", "updated"], events
assert events[0].agent.metadata == metadata, events
print("events page")

assert agents.deregister_agent(agent_id).status == "deleted"
try:
    agents.get_agent(agent_id)
    raise AssertionError("the agent is still there")
except NotFoundException:
    print("delete")
print("ok")
