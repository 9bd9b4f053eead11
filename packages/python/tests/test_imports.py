"""What an import brings."""

from __future__ import annotations

import subprocess
import sys

FRAMEWORKS = {"fastapi", "starlette", "flask", "uvicorn", "mcp", "a2a", "rich", "click", "pydantic"}


def test_no_framework_is_imported() -> None:
    code = "import sys, rollcall_client, rollcall_client.sync; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()

    assert not FRAMEWORKS & set(modules)
