"""The first rule that applies decides: conditions, levels, freshness, reasons, explanations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from cardsvc.errors import ReasonCode
from cardsvc.service_records import PolicyInputs
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.policies import inputs, policy_text
from verification.policy.evaluate import Allowed, Refused, evaluate
from verification.policy.explain import explain
from verification.policy.parse import parse_policy

RULES = """
[[rules]]
name = "no-contractors-in-the-archive"
effect = "deny"
categories = ["HĐ"]
zones = ["archive"]
note = { vi = "Kho chỉ dành cho công chức.", en = "The archive is for civil servants." }
[[rules]]
name = "office-staff"
effect = "allow"
card_types = ["civil_servant"]
agencies = ["H46"]
except_agencies = ["H46.99"]
schedule = "office"
[[rules]]
name = "night-duty"
effect = "allow"
categories = ["CC"]
minimum_level = "X2"
valid = { from = 2026-01-01, until = 2026-12-31 }
"""
BODY = """
zones = { archive = ["kho-*", "cua-9"] }
[schedules.office]
weekdays = ["07:30-11:30", "13:30-17:00"]
"""
DOCUMENT = parse_policy(policy_text(BODY, RULES))
FRIDAY_NINE = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def judged(asked: PolicyInputs) -> tuple[str | None, tuple[ReasonCode, ...]]:
    judgement = evaluate(DOCUMENT, asked)
    return judgement.rule, judgement.reasons if isinstance(judgement, Refused) else ()


def test_an_earlier_rule_wins() -> None:
    contractor = inputs(category="HD", agent="kho-2", at=FRIDAY_NINE)
    assert judged(contractor) == ("no-contractors-in-the-archive", (ReasonCode.POLICY_FORBIDS,))
    assert judged(structs.replace(contractor, agent="kho")) == ("office-staff", ())
    assert judged(structs.replace(contractor, agent="cua-9"))[0] == "no-contractors-in-the-archive"
    assert judged(structs.replace(contractor, agent="cua-99")) == ("office-staff", ())


def test_the_deciding_rules_own_words_are_kept() -> None:
    judgement = evaluate(DOCUMENT, inputs(category="HD", agent="kho-2", at=FRIDAY_NINE))
    assert isinstance(judgement, Refused)
    assert judgement.note is not None
    assert judgement.note.vi == "Kho chỉ dành cho công chức."


@pytest.mark.parametrize(
    ("agency", "rule"),
    [
        ("H46", "office-staff"),
        ("H46.12.3", "office-staff"),
        ("000.00.12.H46", "office-staff"),
        ("H46.99", "night-duty"),
        ("H46.99.1", "night-duty"),
        ("H46.990", "office-staff"),
        ("H4", "night-duty"),
        ("H57", "night-duty"),
        (None, "night-duty"),
    ],
)
def test_an_agency_stands_for_those_below_it(agency: str | None, rule: str) -> None:
    asked = inputs(agency_code=agency, at=FRIDAY_NINE, level=AssuranceLevel.X2)
    assert evaluate(DOCUMENT, asked) == Allowed(rule)


def test_a_rule_that_applies_decides_even_where_a_later_one_asks_less() -> None:
    text = policy_text(
        "",
        '[[rules]]\nname = "a"\neffect = "allow"\nminimum_level = "X2"\n'
        '[[rules]]\nname = "b"\neffect = "allow"\n',
    )
    judgement = evaluate(parse_policy(text), inputs())
    assert judgement == Refused((ReasonCode.LEVEL_TOO_LOW,), "a")


def test_where_no_rule_applies_the_nearest_ones_reasons_are_told() -> None:
    individual = inputs(CardType.INDIVIDUAL, category=None, agency_code=None, at=FRIDAY_NINE)
    rule, reasons = judged(individual)
    assert rule is None
    # one condition of night-duty is unmet, two of office-staff
    assert reasons == (ReasonCode.CATEGORY_NOT_ACCEPTED, ReasonCode.LEVEL_TOO_LOW)


def test_the_last_day_counts_in_vietnams_time() -> None:
    last_minute = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    asked = inputs(level=AssuranceLevel.X2, at=last_minute, agency_code="H57")
    assert evaluate(DOCUMENT, asked) == Allowed("night-duty")
    after = evaluate(DOCUMENT, structs.replace(asked, at=last_minute + timedelta(minutes=1)))
    assert isinstance(after, Refused)
    assert after.reasons == (ReasonCode.OUTSIDE_SCHEDULE,)


def test_rules_that_only_deny_serve_nobody() -> None:
    text = policy_text("", '[[rules]]\nname = "x"\neffect = "deny"\ncategories = ["CB"]\n')
    assert evaluate(parse_policy(text), inputs()) == Refused((ReasonCode.POLICY_FORBIDS,))


STALE = [
    ("deny", AssuranceLevel.X2, (ReasonCode.STATUS_STALE,)),
    ("step_up", AssuranceLevel.X1, (ReasonCode.LEVEL_TOO_LOW, ReasonCode.STATUS_STALE)),
    ("step_up", AssuranceLevel.X2, ()),
    ("allow", AssuranceLevel.X1, ()),
]


@pytest.mark.parametrize(("when", "level", "reasons"), STALE)
def test_a_status_that_is_too_old(
    when: str, level: AssuranceLevel, reasons: tuple[ReasonCode, ...]
) -> None:
    body = f'[status]\nfresh_for_seconds = 600\nwhen_stale = "{when}"\nstep_up_to = "X2"'
    document = parse_policy(policy_text(body))
    assert evaluate(document, inputs(level=level, status_age_seconds=600)) == Allowed("all")
    judgement = evaluate(document, inputs(level=level, status_age_seconds=601))
    if reasons:
        assert judgement == Refused(reasons, "all", stale=True)
    else:
        assert judgement == Allowed("all")


def test_an_explanation_names_the_rule_and_why_earlier_ones_did_not_apply() -> None:
    found = explain(DOCUMENT, inputs(at=FRIDAY_NIGHT, level=AssuranceLevel.X2))
    assert found.judgement == Allowed("night-duty")
    assert [(one.rule, one.unmet, one.decided) for one in found.rules] == [
        (
            "no-contractors-in-the-archive",
            (ReasonCode.CATEGORY_NOT_ACCEPTED, ReasonCode.ZONE_NOT_ACCEPTED),
            False,
        ),
        ("office-staff", (ReasonCode.OUTSIDE_SCHEDULE,), False),
        ("night-duty", (), True),
    ]
    assert found.holiday is None


def test_an_explanation_ends_at_the_rule_that_decided() -> None:
    found = explain(DOCUMENT, inputs(at=FRIDAY_NINE))
    assert [one.rule for one in found.rules][-1] == "office-staff"
    nobody = explain(DOCUMENT, inputs(CardType.BUSINESS, category=None, agency_code=None))
    assert [one.decided for one in nobody.rules] == [False] * 3
