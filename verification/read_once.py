"""Directories that are asked once for all the presentations that are decided together.

They live for one call of ``decide_all``, some milliseconds: nothing is believed for longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.errors import Malformed, VerificationError
from verification.card_certificate import read_card_certificate
from verification.ports import CardDirectory, CardOnRecord, PolicyDirectory, ServicePolicy
from verification.presentation import UnverifiedPresentation


class CardsReadOnce:
    """The cards that presentations name, read at once. Implements ``ports.CardDirectory``."""

    def __init__(self, cards: CardDirectory, asked: Sequence[UnverifiedPresentation]) -> None:
        named = {named_card(one) for one in asked}
        self._found = cards.find_all([guid for guid in named if guid is not None])

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        """Return a card that was named, or None."""
        return self._found.get(guid)

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        """Return those of many cards that were named and that there are."""
        return {guid: self._found[guid] for guid in guids if guid in self._found}


def named_card(unverified: UnverifiedPresentation) -> CardGuid | None:
    """Return the card that a presentation names; nothing proves yet that it is that card."""
    octets = unverified.objects.get(CERTIFICATE_OBJECT[KeySlot.CARD_AUTHENTICATION])
    if octets is None:
        return None
    try:
        return read_card_certificate(octets).guid
    except (Malformed, VerificationError):
        return None  # verification comes to it, and says what is wrong


class PoliciesReadOnce:
    """Policies as they stood when first asked for. Implements ``ports.PolicyDirectory``."""

    def __init__(self, policies: PolicyDirectory) -> None:
        self._policies = policies
        self._found: dict[tuple[str, str, datetime], ServicePolicy | None] = {}

    def knows(self, relying_party: str) -> bool:
        """Tell whether there is such a relying party."""
        return self._policies.knows(relying_party)

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy in force in the second of an instant, or None."""
        asked = relying_party, service, at.replace(microsecond=0)
        if asked not in self._found:
            self._found[asked] = self._policies.find(relying_party, service, at)
        return self._found[asked]
