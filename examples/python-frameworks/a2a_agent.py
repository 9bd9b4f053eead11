"""An A2A agent: AGENT_HOST=127.0.0.1 AGENT_PORT=8000 uvicorn a2a_agent:app --port 8000"""

import os

from a2a.helpers import new_text_message
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill
from rollcall_client.frameworks.a2a import card_of
from rollcall_client.frameworks.starlette import lifespan
from starlette.applications import Starlette

URL = f"http://{os.environ.get('AGENT_HOST', '127.0.0.1')}:{os.environ.get('AGENT_PORT', '8000')}"

card = AgentCard(
    name="Echo",
    description="Says everything back.",
    version="1.0.0",
    supported_interfaces=[
        AgentInterface(url=f"{URL}/rpc", protocol_binding="JSONRPC", protocol_version="1.0")
    ],
    capabilities=AgentCapabilities(streaming=False),
    default_input_modes=["text/plain"],
    default_output_modes=["text/plain"],
    skills=[
        AgentSkill(id="echo", name="Echo", description="Says a text back.", tags=["text", "example"])
    ],
)


class Echo(AgentExecutor):
    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        await event_queue.enqueue_event(new_text_message(context.get_user_input()))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """A message is answered at once."""


handler = DefaultRequestHandler(Echo(), InMemoryTaskStore(), card)
app = Starlette(
    routes=[*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/rpc")],
    lifespan=lifespan(agent_id="a2a-1", card=card_of(card)),
)
