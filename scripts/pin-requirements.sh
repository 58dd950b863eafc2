#!/usr/bin/env bash
# Writes requirements/*.txt: every package pinned by hash, for all platforms, no index named.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade "$@"; }
export PATH="$PWD/.venv/bin:$PATH"
compile pyproject.toml --no-emit-package pyscard -o requirements/runtime.txt
compile --group dev -c requirements/runtime.txt -o requirements/dev.txt
echo 'pyscard>=2.3' | compile - -o requirements/pcsc.txt
echo 'uv>=0.9' | compile - -o requirements/uv.txt
