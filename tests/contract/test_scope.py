"""Lists show exactly what ``Operator.covers`` lets an operator see, on both databases."""

from __future__ import annotations

from itertools import product

from sqlalchemy import literal, select, union_all

from cardsvc.access_records import Operator
from cardsvc.store.engine import Database
from cardsvc.store.scope import in_scope

CODES = (
    "H57", "H57.12", "H57.12.3", "H57.1", "H5", "H57.00", "000.00.00.H57", "000.00.12.H57",
    "000.03.12.H57", "007.03.12.H57", "0AB.CD.12.H57", "H56.12", "12.H57", "000.00.12.H56",
)  # fmt: skip
SCOPES = (
    (), ("*",), ("H57",), ("H57.12",), ("H57.1",), ("000.00.12.H57",), ("H57.12.03.007",),
    ("H57.00",), ("H56", "H57.12"), ("007.03.12.H57",), ("0AB",),
)  # fmt: skip


def test_the_condition_is_the_rule(database: Database) -> None:
    codes = union_all(*(select(literal(code).label("code")) for code in CODES)).subquery()
    with database.reading() as session:
        for agencies in SCOPES:
            query = select(codes.c.code).where(in_scope(codes.c.code, agencies))
            operator = Operator("lan", "Lan", frozenset(), "", agencies=frozenset(agencies))
            seen = {code for code in CODES if operator.covers(code)}
            assert set(session.scalars(query)) == seen, agencies


def test_the_examples_tell_both_answers() -> None:
    operators = [Operator("lan", "", frozenset(), "", agencies=frozenset(one)) for one in SCOPES]
    answers = [one.covers(code) for one, code in product(operators, CODES)]
    assert answers.count(True) > 20 < answers.count(False)
