"""The vocabulary of what can be released: facts as they are, and claims derived from them.

A claim answers a question with yes or no and gives nothing else away: ``over_18`` instead of the
birth date, ``delegate_of:0101234567`` instead of whom else the holder acts for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import lru_cache

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.terms import AssuranceLevel

MAX_ASKED = 32
_OVER = re.compile(r"over_([1-9][0-9]?)")


@unique
class Attribute(StrEnum):
    """What a policy may allow by name; ages are ``over_1`` to ``over_99`` besides."""

    NAME = "name"
    PORTRAIT = "portrait"
    CARD = "card"
    CARD_TYPE = "card_type"
    CARD_EXPIRES_ON = "card_expires_on"
    CATEGORY = "category"
    AGENCY_CODE = "agency_code"
    AGENCY_NAME = "agency_name"
    UNIT = "unit"
    POSITION = "position"
    PERSONAL_NUMBER = "personal_number"
    BIRTH_DATE = "birth_date"
    ENTERPRISE_NUMBER = "enterprise_number"
    ENTERPRISE_NAME = "enterprise_name"
    DELEGATION_SCOPE = "delegation_scope"
    DELEGATION_UNTIL = "delegation_until"
    STAFF = "staff"
    RESIDENT = "resident"
    DELEGATE = "delegate"
    DELEGATE_OF = "delegate_of"


_NAMES = frozenset(one.value for one in Attribute)
PORTRAIT_LEVEL = AssuranceLevel.X1
"""Below it nobody has shown a card, at most a picture of one."""


@dataclass(frozen=True, slots=True)
class AskedAttribute:
    """One thing that is asked for.

    Args:
        text: as it was asked, and as the answer names it.
        allowed_as: the name under which a policy allows it.
        enterprise: the company of ``delegate_of:NUMBER``.
    """

    text: str
    allowed_as: str
    enterprise: EnterpriseNumber | None = None


def is_allowable(name: str) -> bool:
    """Tell whether a policy can allow an attribute of that name."""
    return name in _NAMES or over_years(name) is not None


def over_years(name: str) -> int | None:
    """Return N of ``over_N``, None for another name."""
    match = _OVER.fullmatch(name)
    return None if match is None else int(match[1])


@lru_cache(maxsize=1024)
def name_on_record(text: str) -> str:
    """Return how logs and receipts call what was asked for: an owner's number is masked."""
    name, colon, number = text.partition(":")
    return f"{name}:{EnterpriseNumber.parse(number).masked}" if colon else text


def parse_asked(texts: Sequence[str]) -> tuple[AskedAttribute, ...]:
    """Parse what a partner asks for.

    Raises:
        Malformed: MALFORMED_MESSAGE; too many, one twice, or none of the vocabulary.
    """
    if len(texts) > MAX_ASKED or len(set(texts)) != len(texts):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "too many attributes, or one twice")
    return tuple(_asked(text) for text in texts)


def _asked(text: str) -> AskedAttribute:
    name, colon, number = text.partition(":")
    if name == Attribute.DELEGATE_OF:
        try:
            return AskedAttribute(text, name, EnterpriseNumber.parse(number))
        except Malformed:
            raise Malformed(
                ReasonCode.MALFORMED_MESSAGE, "delegate_of asks for no enterprise number"
            ) from None
    if colon or not is_allowable(name):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "there is no such attribute")
    return AskedAttribute(text, name)
