"""What an operator may do, and on whose records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.access_records import Operator, Role, require_operator_id, require_scope
from cardsvc.errors import Malformed, ReasonCode

CLERK = Operator("lan", "Lê Thị Lan", frozenset({Role.CLERK}), "$hash$")


@pytest.mark.parametrize(
    ("agencies", "code", "covered"),
    [
        ((), "H57", False),
        ((), None, False),
        (("*",), None, True),
        (("*",), "H57.12", True),
        (("H57",), "H57", True),
        (("H57",), "H57.12.3", True),
        (("H57",), "000.00.12.H57", True),
        (("H57.12",), "000.00.12.H57", True),
        (("H57.12",), "000.00.13.H57", False),
        (("000.00.12.H57",), "H57.12.4", True),
        (("H57.12",), "H57", False),
        (("H57.1",), "H57.12", False),
        (("H57",), None, False),
        (("H56", "H57.12"), "H57.12", True),
    ],
)
def test_scope(agencies: tuple[str, ...], code: str | None, *, covered: bool) -> None:
    operator = replace(CLERK, agencies=frozenset(agencies))
    assert operator.covers(code) is covered
    assert operator.may(Role.CLERK, code) is covered
    assert not operator.may(Role.APPROVER, code)
    assert not replace(operator, enabled=False).may(Role.CLERK, code)


@pytest.mark.parametrize("odd", ["", "l", "Lan", "lan ", "1an", "lân", "а-lan", "x" * 33, "a\n"])
def test_a_sign_in_name_can_be_mistaken_for_no_other(odd: str) -> None:
    with pytest.raises(Malformed) as caught:
        require_operator_id(odd)
    assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE
    assert require_operator_id("can-bo-lan") == "can-bo-lan"


def test_a_scope_is_made_of_codes() -> None:
    assert require_scope(["*", "H57.12"]) == {"*", "H57.12"}
    with pytest.raises(Malformed) as caught:
        require_scope(["H57", "%"])
    assert caught.value.reason is ReasonCode.MALFORMED_AGENCY_CODE
