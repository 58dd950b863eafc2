"""The simplest policy: some card types, one level, at any time and place.

``cardsvc partner policy`` writes it. It releases what a decision has always shown: the holder's
name and the card's identifier.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from cardsvc.service_records import ServicePolicy
from cardsvc.terms import AssuranceLevel, CardType


def simple_document(
    service: str, card_types: Iterable[CardType], minimum_level: AssuranceLevel
) -> str:
    """Return the document; texts are the service's name, which is all that we know of it."""
    # a JSON string is a TOML basic string (TOML 1.0, Strings), but for DEL
    name = json.dumps(service, ensure_ascii=False).replace("\x7f", "\\u007f")
    types = json.dumps(sorted(one.value for one in card_types))
    return "\n".join(
        (
            "format = 1",
            f"service = {name}",
            f"title = {{ vi = {name}, en = {name} }}",
            'purpose = { code = "card-check", vi = "Kiểm tra thẻ", en = "Check of a card" }',
            f'minimum_level = "{minimum_level.name}"',
            'release = { attributes = ["name", "card"] }',
            "[[rules]]",
            'name = "accepted-cards"',
            'effect = "allow"',
            f"card_types = {types}",
            "",
        )
    )


def simple_policy(
    relying_party: str,
    service: str,
    card_types: Iterable[CardType] = frozenset(CardType),
    minimum_level: AssuranceLevel = AssuranceLevel.X1,
    *,
    version: int = 0,
) -> ServicePolicy:
    """Return the policy; the store gives it its version."""
    document = simple_document(service, card_types, minimum_level)
    return ServicePolicy(relying_party, service, version, document)
