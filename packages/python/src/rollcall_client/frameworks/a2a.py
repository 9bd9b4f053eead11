"""Servers of A2A with ``a2a-sdk``: an agent joins by its agent card."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from ..agent.client import Joining
from ..agent.client import join as join_agent
from ..options.options import JoinOptions

if TYPE_CHECKING:
    from typing_extensions import Unpack


def card_of(card: Any) -> dict[str, Any]:
    """Returns an ``AgentCard`` of ``a2a-sdk`` as JSON, for the option ``card``.

    ::

        app = Starlette(routes=routes, lifespan=lifespan(agent_id="echo-1", card=card_of(card)))

    Takes the cards of ``a2a-sdk`` 1 (protobuf) and 0.3 (pydantic), and mappings. Name, address, description,
    version, capabilities (the ids of its skills) and tags of the agent are then those of the card.
    """
    if isinstance(card, Mapping):
        return dict(cast("Mapping[str, Any]", card))
    if hasattr(card, "model_dump"):
        return cast(
            "dict[str, Any]", card.model_dump(mode="json", by_alias=True, exclude_none=True)
        )
    json_format: Any = import_module("google.protobuf.json_format")
    return cast("dict[str, Any]", json_format.MessageToDict(card))


def join(card: Any, /, **options: Unpack[JoinOptions]) -> Joining:
    """Joins by a card, as ``rollcall_client.join`` does. Options that are given count before the card.

    ::

        async with a2a.join(card, agent_id="echo-1") as agent: ...
    """
    described: JoinOptions = {**options, "card": card_of(card)}
    return join_agent(**described)
