"""All frameworks check the options of their agents at once."""

from __future__ import annotations

from typing import Any

import pytest
from rollcall_client.frameworks import asgi, runs_as_agent, wsgi
from support.asgi import without_lifespan


def decorated(app: object, **options: Any) -> object:
    return runs_as_agent(**options)


@pytest.mark.parametrize("frame", [asgi.with_agent, wsgi.with_agent, decorated])
def test_an_invalid_option_is_rejected_at_once(frame: Any) -> None:
    with pytest.raises(ValueError, match="ttl_seconds is -1"):
        frame(without_lifespan, agent_id="a-1", ttl_seconds=-1)
    with pytest.raises(TypeError, match="there is no option colour"):
        frame(without_lifespan, agent_id="a-1", colour="red")
