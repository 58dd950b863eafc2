"""What a card's face may say: the holder's and the card's facts as printed text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME
from cardsvc.identity.card_number import CardNumber
from cardsvc.records import Holder

_RANDOM_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter is taken for a digit."""

FIELD_NAMES = frozenset(
    {
        "full_name",
        "birth_date",
        "sex",
        "personal_number",
        "card_number",
        "agency_code",
        "agency_name",
        "unit_name",
        "position",
        "staff_category",
        "enterprise_name",
        "enterprise_number",
        "scope",
        "delegated_until",
        "valid_until",
        "card_serial",
        "random_number",
    }
)
"""What layouts may name."""

Fields: TypeAlias = Mapping[str, str]
"""Field to printed text; a field that does not apply is missing. Never logged."""


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """The card that a face is of.

    Args:
        guid: its identifier.
        expires_at: its last instant.
    """

    guid: CardGuid
    expires_at: datetime


def printed_fields(holder: Holder, card: PrintedCard) -> Fields:
    """Return the texts of a holder's card.

    Spec: Decision 838/QĐ-BNV (card number, agency, unit, name, position). Sex is never guessed
    from the personal number, where it is a hint at most; the records do not hold it.
    """
    fields = {
        "full_name": holder.name.value,
        "personal_number": holder.personal_number.value,
        "valid_until": _day(card.expires_at.astimezone(VIETNAM_TIME).date()),
        "card_serial": card.guid.octets[-4:].hex().upper(),
        "random_number": random_number(card.guid),
    }
    if holder.birth_date is not None:
        fields["birth_date"] = _day(holder.birth_date)
    if (post := holder.employment) is not None:
        number = CardNumber(post.agency_code, holder.personal_number, post.category)
        fields |= {
            "card_number": number.encode(),
            "agency_code": post.agency_code.value,
            "agency_name": post.agency_name,
            "unit_name": post.unit_name,
            "position": post.position,
            "staff_category": post.category.vi,
        }
    if (delegation := holder.delegation) is not None:
        fields |= {
            "enterprise_name": delegation.enterprise_name,
            "enterprise_number": delegation.enterprise_number.value,
            "scope": delegation.scope,
            "delegated_until": _day(delegation.until),
        }
    return {name: " ".join(text.split()) for name, text in fields.items() if text.strip()}


def random_number(guid: CardGuid) -> str:
    """Return the card's random number, 4 characters; the same whenever the card is printed.

    Spec: Decision 838/QĐ-BNV, the QR code's first field. The GUID's randomness is its own: 20
    bits of a hash of it give nothing of it away.
    """
    digest = hashlib.sha256(b"cardsvc face number\x00" + guid.octets).digest()
    number = int.from_bytes(digest[:3], "big")
    return "".join(_RANDOM_ALPHABET[number >> shift & 0x1F] for shift in (15, 10, 5, 0))


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
