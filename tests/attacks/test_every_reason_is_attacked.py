"""Every reason code has a test that provokes it, marked ``@pytest.mark.reason(code)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from cardsvc.errors import ReasonCode
from reader_agent.personas.catalogue import PERSONAS

TESTS = Path(__file__).parents[1]


def marked_reasons() -> Iterator[str]:
    """Yield the members named in marks; nothing is imported or run."""
    for file in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.reason":
                for part in node.args:
                    yield from (
                        one.attr for one in ast.walk(part) if isinstance(one, ast.Attribute)
                    )


def expected_of_personas() -> Iterator[str]:
    """Yield what tests/journey/test_inspect_personas.py marks persona by persona."""
    for persona in PERSONAS.values():
        for expected in (persona.cak, persona.full):
            if expected.reason is not None:
                yield expected.reason.name


def test_every_reason_code_is_provoked() -> None:
    provoked = {*marked_reasons(), *expected_of_personas()}
    assert not sorted(set(ReasonCode.__members__) - provoked)
