"""Retention rules and calendars of junk are malformed, or rules and calendars."""

from __future__ import annotations

import contextlib
from importlib.resources import files

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from cardsvc.privacy_records import DataKind
from issuance.privacy.retention_rules import parse_retention
from issuance.privacy.working_days import parse_working_days

SHIPPED = files("issuance.privacy").joinpath("retention.toml").read_text("utf-8")


@settings(max_examples=100)
@given(st.text(max_size=60) | st.from_regex(r"(off|on)\s?=\s?\[[0-9-]{0,12}\]"))
def test_a_calendar_of_junk(junk: str) -> None:
    with contextlib.suppress(Malformed):
        calendar = parse_working_days(junk)
        assert not calendar.off & calendar.on


@settings(max_examples=100)
@given(st.integers(0, len(SHIPPED)), st.integers(0, 30), st.text(max_size=10))
def test_changed_rules_are_malformed_or_whole(start: int, length: int, junk: str) -> None:
    with contextlib.suppress(Malformed):
        rules = parse_retention(SHIPPED[:start] + junk + SHIPPED[start + length :])
        assert rules.keys() == set(DataKind)
        assert all(rule.keep_at_least <= rule.keep for rule in rules.values())
