"""The wheel is all that a user needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.registry import Registry

PACKAGE = Path(__file__).parents[1]
#: What httpx needs, and the wheel itself; the last line only with older versions of Python or of pip.
ALLOWED = {
    *("rollcall-client", "httpx", "anyio", "httpcore", "h11", "certifi", "idna"),
    *("sniffio", "exceptiongroup", "typing-extensions", "pip", "setuptools"),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The interpreter of an environment with nothing but the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(sys.executable, *pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(PACKAGE))
    (wheel,) = folder.glob("rollcall_client-*.whl")
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    python = folder / "venv/bin/python"
    run(str(python), *pip, "install", str(wheel))
    yield python


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_needs_httpx_alone(installed: Path) -> None:
    code = "from importlib.metadata import distributions as all; print(*[it.name for it in all()])"
    names = {name.lower().replace("_", "-") for name in run(str(installed), "-c", code).split()}

    assert {"rollcall-client", "httpx"} <= names
    assert names - ALLOWED == set()


def test_every_module_can_be_imported_without_a_framework(installed: Path) -> None:
    code = """
import importlib, pkgutil, pathlib, sys, rollcall_client
for module in pkgutil.walk_packages(rollcall_client.__path__, "rollcall_client."):
    importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("rollcall_client.")]))
print((pathlib.Path(rollcall_client.__file__).parent / "py.typed").exists())
"""
    count, is_typed = run(str(installed), "-W", "error", "-c", code).split()

    sources = (PACKAGE / "src/rollcall_client").rglob("*.py")
    assert int(count) == len(list(sources)) - 1  # The package itself is not below itself.
    assert is_typed == "True"


def test_an_agent_joins_from_the_wheel(installed: Path, registry: Registry) -> None:
    code = f"""
import asyncio, rollcall_client
async def main():
    async with rollcall_client.join(agent_id="a-1", port=8000, registry_url="{registry.url}") as it:
        print((await it.get("a-1")).is_alive)
asyncio.run(main())
"""
    assert run(str(installed), "-W", "error", "-c", code) == "True\n"
    assert registry.client.get("a-1") is None
