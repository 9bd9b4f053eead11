"""The examples in ``examples/python-frameworks`` work as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.registry import Registry

FOLDER = Path(__file__).parents[3] / "examples/python-frameworks"


def test_every_example_is_checked() -> None:
    examples = {file.stem.removesuffix("_agent") for file in FOLDER.glob("*_agent.py")}
    assert examples == {"fastapi", "asgi", "flask", "function", "a2a", "mcp"}


@pytest.mark.parametrize("name", ["fastapi", "asgi", "flask", "function", "a2a", "mcp"])
def test_an_example_joins_is_found_and_called_and_leaves(name: str, registry: Registry) -> None:
    environment = {"REGISTRY_URL": registry.url, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(FOLDER / "check.py"), name],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    # The agent writes to the same output, and may end within a line.
    assert done.stdout.endswith(f"ok: {name} joined, was found and called, left\n"), done.stdout
    assert registry.transitions(f"{name}-1")[-1] == "deregistered"
