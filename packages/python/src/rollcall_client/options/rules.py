"""Checks of options, for callers without a type checker."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

_AGENT_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*")
_INSTANCE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

AGENT_ID_RULE = (
    'letters, digits and . _ - in parts joined by single colons, other than "." and ".."'
)
INSTANCE_ID_RULE = "up to 128 letters, digits and . _ : -"


@dataclass(frozen=True)
class _Rule:
    #: Completes the message "it must be …".
    requirement: str
    is_valid: Callable[[object], bool]


def is_agent_id(value: object) -> bool:
    """Whether registries accept the value as an agent id."""
    return isinstance(value, str) and _AGENT_ID.fullmatch(value) is not None


def is_instance_id(value: object) -> bool:
    """Whether registries accept the value as an instance id."""
    return isinstance(value, str) and _INSTANCE_ID.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_positive(value: object) -> bool:
    return _is_number(value) and cast(float, value) > 0


def _is_texts(value: object) -> bool:
    # A string would be taken for its characters.
    if not isinstance(value, (list, tuple, set, frozenset)):
        return False
    return all(_is_text(word) for word in cast("list[object]", value))


def _one_of(*choices: str) -> _Rule:
    requirement = f"{', '.join(choices[:-1])} or {choices[-1]}"
    return _Rule(requirement, lambda value: value in choices)


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65_535


_TEXT = _Rule("a non-empty string", _is_text)
_SECONDS = _Rule("a number of seconds above 0", _is_positive)
_FUNCTION = _Rule("a function", callable)

_RULES: Mapping[str, _Rule] = {
    "registry_url": _Rule(
        "a non-empty string, or a list of them",
        lambda value: _is_text(value) or (_is_texts(value) and bool(value)),
    ),
    "token": _Rule(
        "a non-empty string, or a function", lambda value: _is_text(value) or callable(value)
    ),
    "headers": _Rule(
        "a mapping of headers, or a function",
        lambda value: isinstance(value, Mapping) or callable(value),
    ),
    "timeout_seconds": _SECONDS,
    "ca_file": _TEXT,
    "cert_file": _TEXT,
    "key_file": _TEXT,
    "agent_id": _Rule(AGENT_ID_RULE, is_agent_id),
    "agent_name": _TEXT,
    "host": _TEXT,
    "port": _Rule("a whole number from 1 to 65535", _is_port),
    "ttl_seconds": _SECONDS,
    "heartbeat_interval_seconds": _SECONDS,
    "metadata": _Rule(
        "a mapping, or a string of JSON", lambda value: isinstance(value, (str, Mapping))
    ),
    "capabilities": _Rule('a list of non-empty strings, such as ["search"]', _is_texts),
    "tags": _Rule('a list of non-empty strings, such as ["papers"]', _is_texts),
    "card": _Rule(
        "a mapping, or a string of JSON",
        lambda value: _is_text(value) or isinstance(value, Mapping),
    ),
    "card_url": _TEXT,
    "identifier": _TEXT,
    "version": _TEXT,
    "description": _TEXT,
    "protocol": _TEXT,
    "url": _TEXT,
    "status": _one_of("ready", "busy", "draining"),
    "load": _Rule(
        "a number from 0 to 1", lambda value: _is_number(value) and 0 <= cast(float, value) <= 1
    ),
    "instance_id": _Rule(INSTANCE_ID_RULE, lambda value: value == "" or is_instance_id(value)),
    "check": _FUNCTION,
    "when_check_fails": _one_of("busy", "silent"),
    "join_timeout_seconds": _Rule(
        "a number of seconds, 0 or more",
        lambda value: _is_number(value) and cast(float, value) >= 0,
    ),
    "heartbeat_from": _one_of("task", "thread", "process", "none"),
    "exit_on_sigterm": _Rule("True or False", lambda value: isinstance(value, bool)),
}


def require_valid_options(options: Mapping[str, object]) -> None:
    """Checks each given option on its own; missing options have defaults.

    Raises TypeError for an unknown option, and ValueError that names the option, its value and the
    requirement.
    """
    for name, value in options.items():
        rule = _RULES.get(name)
        if rule is None:
            raise TypeError(f"there is no option {name}")
        if value is None or rule.is_valid(value):
            continue
        # The value of a token or header may be secret.
        shown = type(value).__name__ if name in ("token", "headers") else repr(value)
        raise ValueError(f"{name} is {shown}; it must be {rule.requirement}")
