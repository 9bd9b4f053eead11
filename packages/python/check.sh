#!/usr/bin/env bash
# Checks the Python package: types, tests with real registries and web servers, and the conformance of the SDK.
# Needs the built command of the repository, and PyPI. The virtual environment is temporary; PYTHON names the
# interpreter.
set -euo pipefail
cd "$(dirname "$0")"

# The commands of the repository, Node.js as well, as for its npm scripts.
PATH="$PWD/../../node_modules/.bin:$PATH"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PYTHONPYCACHEPREFIX="$folder/bytecode"
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check . --requirement tests/frameworks.txt \
  'mypy>=1.13' 'pyright>=1.1.390' 'pytest>=8.3' 'pytest-xdist>=3.6' 'trustme>=1.2'

"$python" -m mypy --cache-dir "$folder/mypy"
"$python" -m pyright --pythonpath "$python"
"$python" -m pytest -p no:cacheprovider -n 2 --dist loadfile
cd ../..
ROLLCALL_PYTHON="$python" vitest run test/sdk-conformance
