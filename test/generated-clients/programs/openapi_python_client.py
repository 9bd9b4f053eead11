import sys

from rollcall_client import Client
from rollcall_client.api.agents import deregister_agent, get_agent, heartbeat, register_agent
from rollcall_client.api.discovery import list_agents, list_events
from rollcall_client.models import HeartbeatReport, HeartbeatReportStatus, Registration

url, agent_id = sys.argv[1:]
client = Client(base_url=url)
metadata = {"region": "eu-1", "gpu": {"count": 2}}

registered = register_agent.sync(
    client=client,
    body=Registration(
        agent_id=agent_id, agent_name="Researcher", host="10.0.0.7", port=8000, metadata=metadata
    ),
)
assert registered.metadata == metadata, registered
print("register")

report = HeartbeatReport(status=HeartbeatReportStatus.BUSY, load=0.5)
beat = heartbeat.sync(agent_id, client=client, body=report)
assert beat.status == "ok", beat
assert heartbeat.sync(agent_id, client=client).status == "ok"
print("heartbeat")


def ids_in(region):
    return [agent.agent_id for agent in list_agents.sync(client=client, metadata=[f"region:{region}"])]


assert ids_in("eu-1") == [agent_id]
assert ids_in("us-1") == []
# Two others exist, without metadata and with a string.
assert [agent.metadata for agent in list_agents.sync(client=client)] == [None, metadata, '{"a":1}']
print("list")

agent = get_agent.sync(agent_id, client=client)
assert agent.metadata == metadata, agent
assert (agent.status, agent.load) == ("busy", 0.5), agent
print("get")

events = list_events.sync(client=client, metadata=["region:eu-1"], limit=10)
assert [event.type_ for event in events] == ["registered", "updated"], events
assert events[0].agent.metadata == metadata, events
print("events page")

assert deregister_agent.sync(agent_id, client=client).status == "deleted"
assert get_agent.sync_detailed(agent_id, client=client).status_code == 404
print("delete")
print("ok")
