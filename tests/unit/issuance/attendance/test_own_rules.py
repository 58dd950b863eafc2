"""An installation's own shifts: where there are some, where none, where they can't be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardsvc.errors import Malformed, ReasonCode
from issuance.attendance.own_rules import load_shifts
from issuance.attendance.rules_file import shipped_rules

_OWN = """
default = "chieu"

[shifts.chieu]
vi = "Ca chiều"
en = "Afternoons"
work = ["13:00-17:00"]
days = ["mon", "tue"]
"""


def test_own_shifts_count_where_there_are_some(tmp_path: Path) -> None:
    file = tmp_path / "attendance.toml"
    assert load_shifts(file) == shipped_rules()
    file.write_text(_OWN, "utf-8")
    assert load_shifts(file).default.en == "Afternoons"


@pytest.mark.parametrize("octets", [b"\xff", b"default = 1"])
def test_what_can_not_be_read_is_no_reason_to_take_the_shipped_ones(
    tmp_path: Path, octets: bytes
) -> None:
    file = tmp_path / "attendance.toml"
    file.write_bytes(octets)
    with pytest.raises(Malformed) as caught:
        load_shifts(file)
    assert caught.value.reason is ReasonCode.MALFORMED_ATTENDANCE
    with pytest.raises(Malformed):
        load_shifts(tmp_path)
