"""An agent in plain ASGI: AGENT_PORT=8000 uvicorn asgi_agent:app --port 8000"""

from rollcall_client.frameworks.asgi import with_agent


async def count(scope, receive, send):
    assert scope["type"] == "http"
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    words = len(body.split())
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"words": %d}' % words})


app = with_agent(count, agent_id="asgi-1", capabilities=["count-words"])
