"""An agent in Flask: AGENT_PORT=8000 flask --app flask_agent run --port 8000, or gunicorn flask_agent:app"""

from flask import Flask, request
from rollcall_client.frameworks.wsgi import with_agent

app = Flask(__name__)
app.wsgi_app = with_agent(app.wsgi_app, agent_id="flask-1", capabilities=["count-words"])


@app.post("/count")
def count() -> dict[str, int]:
    # None in the other workers, if there are several: one of them is the agent.
    agent = request.environ["rollcall"].agent
    if agent is not None:
        agent.report(load=0.5)
    return {"words": len(request.get_data().split())}
