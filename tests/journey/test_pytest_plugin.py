"""The plugin for partners, in a project that is not ours: the guide's files as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "integrate.md").read_text("utf-8")
FILES = dict(re.findall(r"^```python (\w+\.py)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
INSTALLED = any(one.name == "cardsvc" for one in entry_points(group="pytest11"))
MORE = """
import pytest
from cardsvc.errors import CardsvcError

def test_a_blocked_pin(virtual_card, tap):
    card = virtual_card("pin_blocked")
    assert tap(card).granted
    with pytest.raises(CardsvcError) as caught:
        tap(card, level="X2")
    assert caught.value.reason == "pin_blocked"

def test_a_wrong_pin(virtual_card, tap):
    with pytest.raises(CardsvcError):
        tap(virtual_card(), level="X2", pin="864209")

def test_no_such_persona(virtual_card):
    with pytest.raises(LookupError, match="civil_servant, .*cloned"):
        virtual_card("nobody")

def test_business_and_its_pseudonym(virtual_card, tap, cardsvc_sandbox):
    card = virtual_card("business")
    first, second = tap(card), tap(card)
    assert first.pseudonym == second.pseudonym is not None
    assert cardsvc_sandbox.client(token="wrong") is not None
"""


def run_foreign_project(folder: Path, *options: str) -> str:
    """Run pytest where nothing of this repository is but the import path."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    plugin = () if INSTALLED else ("-p", "cardsvc_pytest.plugin")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *options],
        cwd=folder, text=True, timeout=150, check=False, capture_output=True,
        env=environment | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
                           "CARDSVC_TESTERS_REALM": str(folder / "realm.json")},
    )  # fmt: skip
    return ran.stdout + ran.stderr


@pytest.mark.timeout(170)
def test_the_guides_project_passes_its_own_tests(tmp_path: Path) -> None:
    assert set(FILES) == {
        "test_first_tap.py", "counter.py", "test_counter.py", "test_reception.py", "test_policy.py",
    }  # fmt: skip
    for name, text in (FILES | {"test_more.py": MORE}).items():
        (tmp_path / name).write_text(text, "utf-8")
    printed = run_foreign_project(tmp_path)
    tests = sum(
        text.count("\ndef test_") for text in (*("\n" + one for one in FILES.values()), MORE)
    )
    # the parametrised one counts five times
    assert f"{tests + 4} passed" in printed, printed[-6000:]


def test_a_project_that_asks_for_nothing_pays_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(
        "import sys\n"
        "def test_plain():\n"
        "    assert not {'flask', 'sqlalchemy', 'cardsvc_pytest.sandbox'} & set(sys.modules)\n"
    )
    assert "1 passed" in run_foreign_project(tmp_path)
    assert "virtual_card" in run_foreign_project(tmp_path, "--fixtures")
