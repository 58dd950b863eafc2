"""Due dates run over weekends, Tết and the days that the Government swaps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.privacy_records import DataKind
from issuance.privacy.own_files import load_retention, load_working_days
from issuance.privacy.retention_rules import parse_retention, shipped_retention
from issuance.privacy.working_days import WorkingDays, parse_working_days


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 3, 2), date(2026, 3, 4)),  # Monday: Wednesday
        (date(2026, 3, 5), date(2026, 3, 9)),  # Thursday: over a weekend
        (date(2026, 3, 7), date(2026, 3, 10)),  # came in on a Saturday
        (date(2026, 2, 13), date(2026, 2, 24)),  # the Friday before Tết Bính Ngọ
        (date(2026, 4, 29), date(2026, 5, 5)),  # Liberation Day, Labour Day, a weekend
        (date(2026, 12, 31), date(2027, 1, 5)),
    ],
)
def test_two_working_days(received: date, due: date) -> None:
    assert WorkingDays().after(received, 2) == due


def test_the_installations_calendar_wins() -> None:
    own = parse_working_days("off = [2026-03-03]\non = [2026-03-07, 2026-01-01]")
    assert own.after(date(2026, 3, 2), 2) == date(2026, 3, 5)
    assert own.is_working(date(2026, 3, 7))
    assert own.is_working(date(2026, 1, 1))


@pytest.mark.reason(ReasonCode.MALFORMED_RETENTION)
@pytest.mark.parametrize(
    "text",
    [
        "off = 3",
        "off = ['2026-01-01']",
        "off = [2026-01-01T00:00:00]",
        "holidays = []",
        "off = [2026-01-01]\non = [2026-01-01]",
        "off = [",
        "#" * 70_000,
    ],
)
def test_a_calendar_that_is_none(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_working_days(text)
    assert caught.value.reason is ReasonCode.MALFORMED_RETENTION


SHIPPED = """
[holder]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "last_card_ended"
keep_days = 10
keep_at_least_days = 2
[decision]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "decided"
keep_days = 10
keep_at_least_days = 0
[former_photo]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "replaced"
keep_days = 10
keep_at_least_days = 0
[loss_case]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "closed"
keep_days = 10
keep_at_least_days = 0
[desk_order]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "ordered"
keep_days = 1
keep_at_least_days = 0
[attendance_tap]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "tapped"
keep_days = 1
keep_at_least_days = 0
[attendance_correction]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "requested"
keep_days = 1
keep_at_least_days = 0
[agent_event]
purpose_vi = "a"
purpose_en = "b"
legal_basis = "c"
counted_from = "received"
keep_days = 1
keep_at_least_days = 0
"""


@pytest.mark.reason(ReasonCode.MALFORMED_RETENTION)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[desk_order]", "[desk_orders]"),
        ("keep_days = 10", "keep_days = -1"),
        ("keep_days = 10", "keep_days = true"),
        ("keep_days = 10", "keep_days = 1"),
        ('counted_from = "decided"', 'counted_from = "never"'),
        ('purpose_vi = "a"', 'purpose_vi = ""'),
        ('purpose_vi = "a"', "purpose_vi = 1"),
        ('legal_basis = "c"', ""),
    ],
)
def test_rules_that_leave_something_open_are_refused(old: str, new: str) -> None:
    assert len(parse_retention(SHIPPED)) == len(DataKind)
    with pytest.raises(Malformed):
        parse_retention(SHIPPED.replace(old, new, 1))


def test_kinds_that_rules_of_an_older_edition_lack_are_named() -> None:
    older = SHIPPED.replace("[agent_event]", "[other]", 1)
    assert older != SHIPPED
    with pytest.raises(Malformed, match="lacks agent_event: take"):
        parse_retention(older)
    with pytest.raises(Malformed, match="other kinds"):
        parse_retention(f"{SHIPPED}\n[other]")


def test_an_installations_own_files_win(tmp_path: Path) -> None:
    assert load_retention(None) == load_retention(tmp_path) == shipped_retention()
    assert load_working_days(tmp_path) == load_working_days(None) == WorkingDays()
    (tmp_path / "retention.toml").write_text(SHIPPED)
    (tmp_path / "working_days.toml").write_text("off = [2026-03-03]")
    assert load_retention(tmp_path) == parse_retention(SHIPPED)
    assert not load_working_days(tmp_path).is_working(date(2026, 3, 3))
    (tmp_path / "retention.toml").write_bytes(b"\xff")
    with pytest.raises(Malformed):
        load_retention(tmp_path)
