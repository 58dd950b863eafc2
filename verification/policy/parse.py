"""Reads policy documents, strictly: a slip is an error when the policy is put, not at a door.

The format is described in docs/policy.md.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.provinces import provinces
from cardsvc.terms import AssuranceLevel, CardType
from verification.policy.document import (
    Consent,
    Effect,
    PolicyDocument,
    Purpose,
    ReleaseRule,
    Rule,
    StatusRule,
    Text,
    WhenStale,
)
from verification.policy.fields import Table, refuse
from verification.policy.schedule import EVERY_DAY, Schedule
from verification.policy.schedule_table import read_calendar, read_schedule
from verification.release.attributes import Attribute, is_allowable

FORMAT = 1
MAX_DOCUMENT_CHARACTERS = 64 * 1024
MAX_RULES = 100
_A_DAY, _A_YEAR = 24 * 3600, 366 * 24 * 3600

_DOCUMENT = (
    "format", "service", "partner", "title", "purpose", "minimum_level", "valid", "status",
    "release", "zones", "schedules", "calendar", "rules",
)  # fmt: skip
_RELEASE = ("attributes", "rely_for_seconds", "consent", "province")
_RULE = (
    "name", "effect", "card_types", "categories", "agencies", "except_agencies", "zones",
    "schedule", "valid", "minimum_level", "note",
)  # fmt: skip


def parse_policy(text: str) -> PolicyDocument:
    """Parse a policy document (TOML 1.0).

    Raises:
        Malformed: MALFORMED_POLICY; not TOML, an unknown, missing or contradictory entry. The
            message names the entry.
    """
    if len(text) > MAX_DOCUMENT_CHARACTERS:
        refuse("the document is too long")
    try:
        octets = text.encode("utf-8")
        data = tomllib.loads(text)
    except (UnicodeEncodeError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise Malformed(ReasonCode.MALFORMED_POLICY, f"not TOML: {error}") from error
    return _document(Table(data, "policy", _DOCUMENT), hashlib.sha256(octets).hexdigest())


def _document(table: Table, sha256: str) -> PolicyDocument:
    table.number("format", 0, least=FORMAT, most=FORMAT)
    purpose = table.table("purpose", ("code", "vi", "en"))
    valid = table.table("valid", ("from", "until"))
    zones = _zones(table.table("zones", None))
    schedules = _schedules(table.table("schedules", None))
    level = table.level("minimum_level", AssuranceLevel.X1)
    document = PolicyDocument(
        service=table.text("service", most=200),
        partner=table.text("partner", most=200) if "partner" in table else None,
        title=table.both_languages("title"),
        purpose=Purpose(purpose.name("code"), Text(purpose.text("vi"), purpose.text("en"))),
        rules=_rules(table.get("rules"), zones, schedules, level),
        status=_status(table.table("status", ("fresh_for_seconds", "when_stale", "step_up_to"))),
        release=_release(table.table("release", _RELEASE)),
        calendar=read_calendar(table.table("calendar", ("closures", "working_days"))),
        first_day=valid.day("from"),
        last_day=valid.day("until"),
        schedules=schedules,
        sha256=sha256,
    )
    _check_days(document.first_day, document.last_day, "policy.valid")
    return document


def _status(table: Table) -> StatusRule:
    defaults = StatusRule()
    return StatusRule(
        table.number("fresh_for_seconds", defaults.fresh_for_seconds, least=0, most=7 * _A_DAY),
        table.choice("when_stale", WhenStale, defaults.when_stale),
        table.level("step_up_to", defaults.step_up_to),
    )


def _release(table: Table) -> ReleaseRule:
    attributes = table.texts("attributes") or ()
    for one in attributes:
        if not is_allowable(one):
            refuse(f"{table.where}.attributes: there is no attribute {one!r}")
    rely = None
    if "rely_for_seconds" in table:
        rely = table.number("rely_for_seconds", 0, least=1, most=_A_YEAR)
    consent = None
    if "consent" in table:
        inner = table.table("consent", ("version", "vi", "en"))
        consent = Consent(inner.name("version"), Text(inner.text("vi"), inner.text("en")))
        if not attributes:
            refuse(f"{table.where}.consent: nothing is released")
    province = table.text("province", most=2) if "province" in table else None
    if province is not None and province not in provinces():
        refuse(f"{table.where}.province is no code of Decision 19/2025/QĐ-TTg")
    if (province is None) is (Attribute.RESIDENT in attributes):
        refuse(f"{table.where}.province says of which province `resident` speaks")
    return ReleaseRule(attributes, rely, consent, province)


def _zones(table: Table) -> Mapping[str, tuple[str, ...]]:
    zones = {}
    for name in table.names():
        patterns = table.texts(name) or ()
        for one in patterns:
            if "*" in one[:-1]:
                refuse(f"{table.where}.{name}: a * stands at the end alone")
        zones[name] = patterns
    return zones


def _schedules(table: Table) -> Mapping[str, Schedule]:
    return {name: read_schedule(table.table(name, None)) for name in table.names()}


def _rules(
    value: object,
    zones: Mapping[str, tuple[str, ...]],
    schedules: Mapping[str, Schedule],
    level: AssuranceLevel,
) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_RULES:
        refuse(f"policy.rules is not a list of 1 to {MAX_RULES} rules")
    rules = tuple(
        _rule(Table(one, f"rules[{number}]", _RULE), zones, schedules, level)
        for number, one in enumerate(value, start=1)
    )
    if len({rule.name for rule in rules}) != len(rules):
        refuse("policy.rules: two rules have one name")
    return rules


def _rule(
    table: Table,
    zones: Mapping[str, tuple[str, ...]],
    schedules: Mapping[str, Schedule],
    level: AssuranceLevel,
) -> Rule:
    effect = table.choice("effect", Effect)
    if effect is Effect.DENY and "minimum_level" in table:
        refuse(f"{table.where}: a rule that denies asks for no level")
    valid = table.table("valid", ("from", "until"))
    rule = Rule(
        name=table.name("name"),
        effect=effect,
        card_types=_card_types(table),
        categories=_categories(table),
        agencies=_agencies(table, "agencies"),
        except_agencies=_agencies(table, "except_agencies") or (),
        agents=_agents(table, zones),
        schedule=_schedule(table, schedules),
        first_day=valid.day("from"),
        last_day=valid.day("until"),
        minimum_level=table.level("minimum_level", level),
        note=table.both_languages("note") if "note" in table else None,
    )
    _check_days(rule.first_day, rule.last_day, f"{table.where}.valid")
    return rule


def _card_types(table: Table) -> frozenset[CardType] | None:
    found = table.texts("card_types")
    try:
        return None if found is None else frozenset(CardType(one) for one in found)
    except ValueError:
        refuse(f"{table.where}.card_types has a type that is none")


def _categories(table: Table) -> frozenset[StaffCategory] | None:
    found = table.texts("categories")
    try:
        return None if found is None else frozenset(StaffCategory.parse(one) for one in found)
    except Malformed:
        refuse(f"{table.where}.categories has a category that is none")


def _agencies(table: Table, name: str) -> tuple[tuple[str, ...], ...] | None:
    found = table.texts(name)
    try:
        return None if found is None else tuple(AgencyCode.parse(one).levels for one in found)
    except Malformed:
        refuse(f"{table.where}.{name} has a code that is none")


def _agents(table: Table, zones: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    found = table.texts("zones")
    if found is None:
        return None
    for one in found:
        if one not in zones:
            refuse(f"{table.where}.zones: there is no zone {one!r}")
    return tuple(pattern for one in found for pattern in zones[one])


def _schedule(table: Table, schedules: Mapping[str, Schedule]) -> Schedule:
    if "schedule" not in table:
        return EVERY_DAY
    name = table.text("schedule", most=100)
    if name not in schedules:
        refuse(f"{table.where}.schedule: there is no schedule {name!r}")
    return schedules[name]


def _check_days(first: date | None, last: date | None, where: str) -> None:
    if first is not None and last is not None and last < first:
        refuse(f"{where} ends before it begins")
