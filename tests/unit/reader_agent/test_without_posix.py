"""Nothing of the agent but one file needs POSIX; what else is of Linux alone is named here."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.as_on_windows import FUNCTIONS, MODULES

ROOT = Path(__file__).parents[3]
OF_LINUX = {
    "platform/posix.py",
    # a pcscd of its own for testers, in a network namespace
    "virtual/private_pcscd.py",
}


def test_the_agent_is_imported_where_nothing_of_posix_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.as_on_windows"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {}


def of_posix(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Import(names):
                yield from (one.name for one in names if one.name in MODULES)
            case ast.ImportFrom(module=str(name)) if name in MODULES:
                yield name
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in FUNCTIONS:
                yield f"os.{name}"
            case ast.Attribute(value=ast.Name(id="socket"), attr="AF_UNIX"):
                yield "socket.AF_UNIX"


def test_nothing_but_the_platforms_file_calls_posix() -> None:
    found = {
        file.relative_to(ROOT / "reader_agent").as_posix(): sorted(
            set(of_posix(ast.parse(file.read_text("utf-8"))))
        )
        for file in (ROOT / "reader_agent").rglob("*.py")
    }
    assert {name for name, calls in found.items() if calls} <= OF_LINUX, found
    assert found["platform/posix.py"]
