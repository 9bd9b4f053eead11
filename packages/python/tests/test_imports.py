"""What an import brings."""

from __future__ import annotations

import subprocess
import sys

FRAMEWORKS = {"fastapi", "starlette", "flask", "uvicorn", "gunicorn", "mcp", "a2a", "google", "pydantic"}
MODULES = ("a2a", "asgi", "functions", "mcp", "starlette", "wsgi")


def test_no_framework_is_imported() -> None:
    frameworks = ", ".join(f"rollcall_client.frameworks.{name}" for name in MODULES)
    code = f"import sys, rollcall_client.sync, {frameworks}; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()

    assert not FRAMEWORKS & set(modules)
