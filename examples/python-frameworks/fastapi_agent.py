"""An agent in FastAPI: AGENT_PORT=8000 uvicorn fastapi_agent:app --port 8000"""

from fastapi import FastAPI, Request
from rollcall_client.frameworks.starlette import lifespan

app = FastAPI(lifespan=lifespan(agent_id="fastapi-1", capabilities=["count-words"]))


@app.post("/count")
async def count(request: Request) -> dict[str, int]:
    text = (await request.body()).decode()
    # None in the other workers, if there are several: one of them is the agent.
    agent = request.state.rollcall.agent
    if agent is not None:
        agent.report(load=0.5)
    return {"words": len(text.split())}
