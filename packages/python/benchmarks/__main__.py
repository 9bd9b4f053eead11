"""Runs the benchmarks that the arguments name, or all. Fails if a target is missed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from . import idle_memory, import_time, large_group  # noqa: E402 - they start the registry of the tests
from .figures import Figure  # noqa: E402

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "import": import_time.run,
    "memory": idle_memory.run,
    "group": large_group.run,
}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    missed = False
    for name in names:
        for figure in BENCHMARKS[name]():
            print(figure, flush=True)
            missed = missed or figure.misses_target
    sys.exit(missed)


if __name__ == "__main__":
    main()
