"""Ends test cards of before the sandbox had CAs of its own: production's CAs certified them.

Nothing of ours takes them any more, in either realm. Their certificates are revoked besides, for
software that looks at certificates and CRLs alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import ENDED_STATES, HANDED_OVER_STATES
from cardsvc.terms import Realm, RevocationReason
from issuance.lifecycle.end import revoke, spoil
from issuance.ports import IssuanceStore


class SandboxCards(Protocol):
    """Finds test cards."""

    def certified_by(self, issuer_key_ids: Collection[bytes]) -> list[CardGuid]:
        """Return the sandbox's cards that have a certificate of one of these CAs."""
        ...


def end_old_test_cards(
    store: IssuanceStore,
    found: SandboxCards,
    production_key_ids: Collection[bytes],
    *,
    operator: str,
    at: datetime,
) -> list[CardGuid]:
    """Revoke or spoil test cards that a CA of production certified; return which.

    Args:
        store: the records.
        found: finds them.
        production_key_ids: subject key identifiers of production's issuing CAs.
        operator: who answers for it.
        at: now.
    """
    ended = []
    for guid in found.certified_by(production_key_ids):
        with store.transaction() as unit:
            card = unit.card(guid)
        if card.realm is not Realm.SANDBOX or card.state in ENDED_STATES:
            continue
        if card.state in HANDED_OVER_STATES:
            reason = RevocationReason.CESSATION_OF_OPERATION
            revoke(store, guid, reason=reason, operator=operator, at=at)
        else:
            spoil(store, guid, operator=operator, at=at)
        ended.append(guid)
    return ended
