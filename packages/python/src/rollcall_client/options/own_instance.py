"""The id of this process."""

from __future__ import annotations

import multiprocessing
import os
import uuid

from .environment import from_environment
from .rules import INSTANCE_ID_RULE, is_instance_id

_VARIABLE = "AGENT_INSTANCE_ID"

_own: tuple[int, str] | None = None


def own_instance_id() -> str:
    """Returns the id of this process, the same for all its agents.

    It is the environment variable ``AGENT_INSTANCE_ID``, which ``rollcall run`` sets, else a random UUID.
    A process that was forked, or started by multiprocessing, is another instance than its parent,
    although it has the variable as well. Raises ValueError if the variable is not an instance id.
    """
    global _own
    if _own is None or _own[0] != os.getpid():
        is_child = _own is not None or multiprocessing.parent_process() is not None
        given = None if is_child else from_environment(_VARIABLE)
        if given is not None and not is_instance_id(given):
            raise ValueError(f'{_VARIABLE} is "{given}"; it must be {INSTANCE_ID_RULE}')
        _own = (os.getpid(), given or str(uuid.uuid4()))
    return _own[1]
