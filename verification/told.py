"""What a partner was told by a decision: read out of the receipt that it was given.

An event about a decision, or about a card of one, may say no more than the receipt did; the
policy decided that when the decision was made.
"""

from __future__ import annotations

from cardsvc.access_records import JsonValue
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed
from cardsvc.event_records import ToldDecision
from cardsvc.service_records import DecisionRecord
from cardsvc.wire.fields import decode_octets, parse_object
from verification.remedy import public_code_of

_MAX_RECEIPT_OCTETS = 65_536
_MOST_PSEUDONYM_CHARACTERS = 100


def tell_decision(decision: DecisionRecord) -> ToldDecision:
    """Return what the partner was told; of a receipt that can't be read, neither card nor name."""
    card, pseudonym = _names(decision.receipt)
    names_card = card is not None and decision.guid is not None and card == decision.guid.urn
    data: dict[str, JsonValue] = {
        "decision": decision.id,
        "service": decision.service,
        "granted": decision.granted,
        "level": None if decision.level is None else decision.level.name,
        "code": "granted" if decision.granted else public_code_of(decision.reasons),
        "card": card if names_card else None,
        "pseudonym": pseudonym,
    }
    return ToldDecision(data, names_card, pseudonym)


def _names(receipt: str) -> tuple[str | None, str | None]:
    """Return the card and the pseudonym of a receipt's claims (RFC 7515 section 3.1)."""
    parts = receipt.split(".")
    try:
        if len(parts) != 3:
            return None, None
        claims = parse_object(decode_octets(parts[1], most=_MAX_RECEIPT_OCTETS))
        card, pseudonym = claims.get("card"), claims.get("pseudonym")
        if isinstance(card, str):
            CardGuid.parse(card)
    except Malformed:
        return None, None
    known = isinstance(pseudonym, str) and 0 < len(pseudonym) <= _MOST_PSEUDONYM_CHARACTERS
    return (card if isinstance(card, str) else None), (pseudonym if known else None)
