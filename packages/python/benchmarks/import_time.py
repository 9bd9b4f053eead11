"""The time that an import takes, in new interpreters whose bytecode is cached."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from .figures import Figure

_RUNS = 9
_TARGET_MS = 150
#: Processor time: other programs on the machine do not count.
_CODE = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as cache:
        ours, httpx = _import_ms("rollcall_client", cache), _import_ms("httpx", cache)
    return [Figure("import rollcall_client", ours, "ms", ("import httpx", httpx), _TARGET_MS)]


def _import_ms(module: str, cache: str) -> float:
    command = [sys.executable, "-c", _CODE.format(module)]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    # The first run writes the cache, whatever the environment says.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return min(float(subprocess.check_output(command, env=environment)) * 1000 for _ in range(_RUNS))
