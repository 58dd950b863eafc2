"""Policies: junk is Malformed and nothing else; schedules agree with counting minutes."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.service_records import PolicyInputs
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.policies import policy_text
from verification.policy.document import Effect
from verification.policy.evaluate import Allowed, Refused, evaluate, unmet_conditions
from verification.policy.explain import explain
from verification.policy.parse import parse_policy
from verification.policy.schedule import (
    MINUTES_A_DAY,
    Calendar,
    Holidays,
    Period,
    Schedule,
    is_open,
    national_year,
)
from verification.release.attributes import parse_asked

WHOLE = policy_text(
    """
zones = { hall = ["ki-ot-*"] }
[status]
when_stale = "step_up"
[release]
attributes = ["name", "over_18"]
consent = { version = "1", vi = "a", en = "b" }
[schedules.office]
weekdays = ["07:30-11:30", "13:30-17:00"]
[calendar]
closures = [2026-12-31]
working_days = { "2026-08-22" = "mon" }
""",
    '[[rules]]\nname = "a"\neffect = "deny"\nzones = ["hall"]\ncategories = ["CB"]\n'
    '[[rules]]\nname = "b"\neffect = "allow"\nschedule = "office"\nagencies = ["H46"]\n',
)


@settings(max_examples=150)
@given(st.text(max_size=120) | st.from_regex(r"(format|rules|status)\s?=\s?[\[{\"0-9-]{0,5}"))
def test_junk_is_malformed(junk: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_policy(junk)
    assert caught.value.reason is ReasonCode.MALFORMED_POLICY


@settings(max_examples=300)
@given(st.data())
def test_a_changed_document_is_malformed_or_read(data: st.DataObject) -> None:
    lines = WHOLE.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[index])))
    put = data.draw(st.text(max_size=4) | st.sampled_from(["[", "]", "{", "= 1", '"', "1e9", "[]"]))
    lines[index] = lines[index][:start] + put + lines[index][start + 1 :]
    with contextlib.suppress(Malformed):
        parse_policy("\n".join(lines))


@settings(max_examples=100)
@given(st.lists(st.text(max_size=12) | st.sampled_from(["delegate_of:1", "over_18"]), max_size=40))
def test_asking_for_junk_is_malformed(asked: list[str]) -> None:
    with contextlib.suppress(Malformed):
        parse_asked(asked)


minutes = st.integers(0, MINUTES_A_DAY)
days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> tuple[Period, ...]:
    cuts = sorted(draw(st.sets(minutes, min_size=0, max_size=4)))
    found = [Period(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    last = cuts[-1] if cuts else 0
    if draw(st.booleans()) and last < MINUTES_A_DAY - 1:
        start = draw(st.integers(last, MINUTES_A_DAY - 1))
        found.append(Period(start, draw(st.integers(0, start - 1)) if start else 1))
    return tuple(found)


def minutes_in(schedule: Schedule, calendar: Calendar, day: date) -> set[int]:
    """Count the minutes that begin on a day, one by one; those past 1440 are the next day's."""
    year = national_year(day.year)
    if day in calendar.closures:
        return set()
    if day in calendar.working_days or day in year.make_up_days:
        weekday = calendar.working_days.get(day, 0)
        kind = "worked"
    else:
        weekday = day.weekday()
        kind = "holiday" if day in year.names else "plain"
    meant = {
        Holidays.CLOSED: {"worked", "plain"},
        Holidays.OPEN: {"worked", "plain", "holiday"},
        Holidays.ONLY: {"holiday"},
    }[schedule.holidays]
    if kind not in meant:
        return set()
    found: set[int] = set()
    for period in schedule.weekly[weekday]:
        end = period.end if period.end > period.start else period.end + MINUTES_A_DAY
        found |= set(range(period.start, end))
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(*[periods()] * 7),
    st.sampled_from(Holidays),
    st.frozensets(days, max_size=3),
    st.dictionaries(days, st.integers(0, 6), max_size=3),
    days | st.sampled_from([date(2026, 2, 17), date(2026, 8, 22), date(2026, 8, 31)]),
    st.integers(0, MINUTES_A_DAY - 1),
)
def test_a_schedule_is_open_in_the_minutes_that_a_count_finds(
    weekly: tuple[tuple[Period, ...], ...],
    holidays: Holidays,
    closures: frozenset[date],
    working_days: dict[date, int],
    day: date,
    minute: int,
) -> None:
    schedule = Schedule(weekly, holidays)
    calendar = Calendar(closures, {d: w for d, w in working_days.items() if d not in closures})
    moment = datetime.combine(day, datetime.min.time(), VIETNAM_TIME) + timedelta(minutes=minute)
    yesterday = minutes_in(schedule, calendar, day - timedelta(days=1))
    expected = minute in minutes_in(schedule, calendar, day) or minute + MINUTES_A_DAY in yesterday
    assert is_open(schedule, calendar, moment) is expected


DOCUMENT = parse_policy(WHOLE)


@settings(max_examples=200)
@given(
    st.builds(
        PolicyInputs,
        st.sampled_from(CardType),
        st.sampled_from([None, "CB", "CC", "HD"]),
        st.sampled_from([None, "H46", "H46.1", "H57"]),
        st.sampled_from(AssuranceLevel),
        st.sampled_from(["ki-ot-1", "cua-1"]),
        st.integers(0, 60 * 24 * 800).map(
            lambda minute: datetime(2025, 1, 1, tzinfo=VIETNAM_TIME) + timedelta(minutes=minute)
        ),
        st.sampled_from([0, 3600, 3601]),
    )
)
def test_the_first_rule_without_an_unmet_condition_decides(asked: PolicyInputs) -> None:
    local = asked.at.astimezone(VIETNAM_TIME)
    applying = [
        rule
        for rule in DOCUMENT.rules
        if not unmet_conditions(rule, DOCUMENT.calendar, asked, local)
    ]
    judgement = evaluate(DOCUMENT, asked)
    assert judgement.rule == (applying[0].name if applying else None)
    if isinstance(judgement, Allowed):
        assert applying[0].effect is Effect.ALLOW
        assert asked.level >= applying[0].minimum_level
    else:
        assert isinstance(judgement, Refused)
        assert judgement.reasons
    assert explain(DOCUMENT, asked).judgement == judgement
