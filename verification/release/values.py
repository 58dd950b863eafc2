"""The values of attributes and claims, from the record and the holder's facts.

A fact that we don't have gives None, and a claim that can't be told gives None: the partner must
take both for "not proven".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from cardsvc.clock import VIETNAM_TIME
from cardsvc.identity.provinces import ProvinceCode, successor
from cardsvc.records import Delegation
from cardsvc.service_records import CardOnRecord, HolderFacts
from verification.release.attributes import AskedAttribute, Attribute, over_years

Value: TypeAlias = str | bool | None

_ON_RECORD: dict[str, Callable[[CardOnRecord], Value]] = {
    Attribute.NAME: lambda record: record.holder_name or None,  # a bundle holds no names
    Attribute.CARD: lambda record: record.card.guid.urn,
    Attribute.CARD_TYPE: lambda record: record.card.card_type.value,
    Attribute.CARD_EXPIRES_ON: lambda record: (
        record.card.expires_at.astimezone(VIETNAM_TIME).date().isoformat()
    ),
    Attribute.CATEGORY: lambda record: record.category,
    Attribute.AGENCY_CODE: lambda record: record.agency_code,
    Attribute.STAFF: lambda record: record.category is not None,
}
"""What the card's record says, by the attribute's name."""
ON_RECORD = frozenset(_ON_RECORD)
"""What a decision knows already; anything else is read of the holder, and only when granted.

A portrait is neither: the decision says that there is one, and ``release.portrait`` hands it over.
"""


def value_of(
    asked: AskedAttribute,
    record: CardOnRecord,
    facts: HolderFacts | None,
    *,
    home_province: str | None,
    today: date,
) -> Value:
    """Return one value.

    Args:
        asked: what is asked for.
        record: the card on record.
        facts: the holder's; None where they were not read, or are not known.
        home_province: our province's code in the table of 2025.
        today: Vietnam's date.
    """
    on_record = _ON_RECORD.get(asked.allowed_as)
    if on_record is not None:
        return on_record(record)
    # whether there is a portrait is no fact of these: the directory tells it to ``grant``
    if facts is None or asked.allowed_as == Attribute.PORTRAIT:
        return None
    years = over_years(asked.allowed_as)
    if years is not None:
        return None if facts.birth_date is None else is_over(facts.birth_date, years, today)
    match Attribute(asked.allowed_as):
        case Attribute.PERSONAL_NUMBER:
            return facts.personal_number.value
        case Attribute.BIRTH_DATE:
            return None if facts.birth_date is None else facts.birth_date.isoformat()
        case Attribute.RESIDENT:
            return _is_resident(facts.residence, home_province)
        case Attribute.AGENCY_NAME:
            return None if facts.employment is None else facts.employment.agency_name
        case Attribute.UNIT:
            return None if facts.employment is None else facts.employment.unit_name
        case Attribute.POSITION:
            return None if facts.employment is None else facts.employment.position
        case wanted:
            return _of_delegation(wanted, asked, facts.delegation, today)


def is_over(birth_date: date, years: int, today: date) -> bool:
    """Tell whether a person has completed ``years`` years of age; 29 February counts on 1 March."""
    completed = today.year - birth_date.year
    if (today.month, today.day) < (birth_date.month, birth_date.day):
        completed -= 1
    return completed >= years


def _of_delegation(
    wanted: Attribute, asked: AskedAttribute, delegation: Delegation | None, today: date
) -> Value:
    """Return what a delegate may do; past its last day a delegation is none."""
    if delegation is not None and delegation.until < today:
        delegation = None
    match wanted:
        case Attribute.DELEGATE:
            return delegation is not None
        case Attribute.DELEGATE_OF:
            return delegation is not None and delegation.enterprise_number == asked.enterprise
        case _ if delegation is None:
            return None
        case Attribute.ENTERPRISE_NUMBER:
            return delegation.enterprise_number.value
        case Attribute.ENTERPRISE_NAME:
            return delegation.enterprise_name
        case Attribute.DELEGATION_SCOPE:
            return delegation.scope
        case _:
            return delegation.until.isoformat()


def _is_resident(residence: ProvinceCode | None, home_province: str | None) -> bool | None:
    """Tell whether somebody lives in our province as it is drawn today."""
    unit = None if residence is None else successor(residence)
    if unit is None or home_province is None:
        return None
    return unit.code == home_province
