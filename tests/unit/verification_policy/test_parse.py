"""Documents are read strictly: every slip is named when the policy is put."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.policies import ALLOW_ALL, HEAD, policy_text
from verification.policy.document import Effect
from verification.policy.evaluate import compiled
from verification.policy.parse import parse_policy
from verification.policy.schedule import Period
from verification.policy.simple import simple_document

RULE = '[[rules]]\nname = "r"\neffect = "allow"\n'
SLIPS = {
    "not TOML": "= =",
    "no format": policy_text().replace("format = 1", ""),
    "another format": policy_text().replace("format = 1", "format = 2"),
    "true is no format": policy_text().replace("format = 1", "format = true"),
    "no service": policy_text().replace('service = "tra-cuu-ho-so"', ""),
    "no title": policy_text().replace("title", "titel"),
    "one language": policy_text().replace(', en = "Dossier look-up"', ""),
    "an empty text": policy_text().replace('"Dossier look-up"', '""'),
    "a line break": policy_text().replace("Dossier look-up", "Dossier\\nlook-up"),
    "purpose code": policy_text().replace("dossier.look-up", "Dossier Look"),
    "no rules": HEAD,
    "rules is a table": HEAD + '[rules]\nname = "r"\n',
    "unknown entry": policy_text("colour = 1"),
    "unknown rule entry": policy_text("", RULE + 'card_type = ["individual"]'),
    "unknown effect": policy_text("", RULE.replace("allow", "permit")),
    "no effect": policy_text("", '[[rules]]\nname = "r"\n'),
    "two rules of a name": policy_text("", RULE + RULE),
    "unknown card type": policy_text("", RULE + 'card_types = ["civil"]'),
    "an empty list": policy_text("", RULE + "card_types = []"),
    "one item twice": policy_text("", RULE + 'card_types = ["business", "business"]'),
    "unknown category": policy_text("", RULE + 'categories = ["ZZ"]'),
    "bad agency": policy_text("", RULE + 'agencies = ["h46"]'),
    "unknown zone": policy_text("", RULE + 'zones = ["lobby"]'),
    "star inside": policy_text('zones = { a = ["ki*ot"] }'),
    "unknown schedule": policy_text("", RULE + 'schedule = "office"'),
    "unknown level": policy_text('minimum_level = "X9"'),
    "level as a number": policy_text("minimum_level = 1"),
    "level of a denial": policy_text("", RULE.replace("allow", "deny") + 'minimum_level = "X2"'),
    "ends before it begins": policy_text("valid = { from = 2026-02-01, until = 2026-01-31 }"),
    "an instant for a day": policy_text("valid = { from = 2026-02-01T00:00:00Z }"),
    "a rule ends before": policy_text("", RULE + "valid = {from=2026-02-01, until=2026-01-01}"),
    "unknown attribute": policy_text('release = { attributes = ["photo"] }'),
    "over nothing": policy_text('release = { attributes = ["over_0"] }'),
    "over a hundred": policy_text('release = { attributes = ["over_100"] }'),
    "resident of where": policy_text('release = { attributes = ["resident"] }'),
    "province for nothing": policy_text('release = { attributes = ["name"], province = "46" }'),
    "unknown province": policy_text('release = { attributes = ["resident"], province = "47" }'),
    "consent to nothing": policy_text(
        'release = { consent = { version = "1", vi = "a", en = "b" } }'
    ),
    "stale": policy_text('status = { when_stale = "maybe" }'),
    "fresh for ever": policy_text("status = { fresh_for_seconds = 99999999 }"),
    "never open": policy_text("[schedules.s]\nmon = []\n"),
    "no period": policy_text('[schedules.s]\nmon = ["7:30-11:30"]\n'),
    "25 o'clock": policy_text('[schedules.s]\nmon = ["07:30-25:00"]\n'),
    "no span": policy_text('[schedules.s]\nmon = ["07:30-07:30"]\n'),
    "after the end": policy_text('[schedules.s]\nmon = ["24:00-01:00"]\n'),
    "past midnight by one": policy_text('[schedules.s]\nmon = ["07:30-24:01"]\n'),
    "overlap": policy_text('[schedules.s]\nmon = ["07:30-11:30", "11:00-12:00"]\n'),
    "unknown day": policy_text('[schedules.s]\nmonday = ["07:30-11:30"]\n'),
    "unknown holidays": policy_text('[schedules.s]\nmon = ["07:30-11:30"]\nholidays = "x"\n'),
    "closed and worked": policy_text(
        '[calendar]\nclosures = [2026-08-22]\nworking_days = { "2026-08-22" = "mon" }\n'
    ),
    "no such day": policy_text('[calendar.working_days]\n"2026-02-30" = "mon"\n'),
    "no weekday": policy_text('[calendar.working_days]\n"2026-08-22" = "Monday"\n'),
    "a closure that is none": policy_text('[calendar]\nclosures = ["2026-08-22"]\n'),
    "too long": policy_text("# " + "x" * 70_000),
}


@pytest.mark.reason(ReasonCode.MALFORMED_POLICY)
@pytest.mark.parametrize("text", SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_policy(text)
    assert caught.value.reason is ReasonCode.MALFORMED_POLICY


def test_a_whole_document_is_read() -> None:
    text = policy_text(
        """
partner = "ubnd"
minimum_level = "X2"
valid = { from = 2026-01-01, until = 2026-12-31 }
zones = { hall = ["ki-ot-*"] }
[release]
attributes = ["name", "over_18", "resident"]
rely_for_seconds = 600
province = "46"
consent = { version = "2026-1", vi = "Tôi đồng ý.", en = "I agree." }
[schedules.night]
every_day = ["22:00-06:00"]
sun = []
holidays = "open"
[calendar]
closures = [2026-12-31]
working_days = { "2026-12-27" = "thu" }
""",
        RULE + 'categories = ["HĐ"]\nzones = ["hall"]\nschedule = "night"',
    )
    document = parse_policy(text)
    rule = document.rules[0]
    assert (document.partner, document.service) == ("ubnd", "tra-cuu-ho-so")
    assert rule.minimum_level is AssuranceLevel.X2
    assert (rule.effect, rule.categories) == (Effect.ALLOW, frozenset({StaffCategory.CONTRACT}))
    assert rule.agents == ("ki-ot-*",)
    assert rule.schedule.weekly[0] == (Period(22 * 60, 6 * 60),)
    assert rule.schedule.weekly[6] == ()
    assert document.calendar.working_days == {date(2026, 12, 27): 3}
    assert document.release.attributes == ("name", "over_18", "resident")
    assert document.release.consent is not None
    assert document.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_a_document_is_compiled_once() -> None:
    assert compiled(policy_text()) is compiled(policy_text())


@pytest.mark.parametrize("service", ["một cửa", 'a"b\\c', "x" * 60])
def test_the_simple_document_says_what_it_was_given(service: str) -> None:
    kinds = frozenset({CardType.BUSINESS, CardType.INDIVIDUAL})
    document = parse_policy(simple_document(service, kinds, AssuranceLevel.X2))
    (rule,) = document.rules
    assert document.service == service
    assert (rule.card_types, rule.minimum_level) == (kinds, AssuranceLevel.X2)
    assert document.release.attributes == ("name", "card")


def test_rules_are_bounded() -> None:
    rules = "".join(ALLOW_ALL.replace('"all"', f'"r{number}"') for number in range(101))
    with pytest.raises(Malformed):
        parse_policy(policy_text("", rules))
