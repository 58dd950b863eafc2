"""Where a card stands, for a partner: the state and nothing of the holder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.service_records import DecisionRecord
from cardsvc.terms import Realm


class CardHistory(Protocol):
    """Looks up decisions that were made, and where cards stand."""

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision, or None."""
        ...

    def card_state_in(self, guid: CardGuid, realm: Realm) -> CardState | None:
        """Return a card's state, or None where we never issued it in that realm."""
        ...


@dataclass(frozen=True, slots=True)
class StatusDesk:
    """Answers partners who ask where a card stands.

    Args:
        history: decisions and states.
        check_receipt: returns the claims of a receipt of ours that a realm's key signed; raises
            ``CardsvcError`` for others.
        cards_named: returns the cards that a partner was told of by a pseudonym.
    """

    history: CardHistory
    check_receipt: Callable[[str, Realm], Mapping[str, object]]
    cards_named: Callable[[str, str], Sequence[CardGuid]]

    def of_card(self, guid: CardGuid, realm: Realm) -> CardState:
        """Return a card's state.

        Raises:
            CardsvcError: CARD_UNKNOWN; we never issued it, not in the partner's realm.
        """
        state = self.history.card_state_in(guid, realm)
        if state is None:
            raise CardsvcError(ReasonCode.CARD_UNKNOWN, f"no card {guid}")
        return state

    def of_receipt(self, relying_party: str, receipt: str, realm: Realm) -> CardState:
        """Return the state of the card that a receipt is about, whether or not it names it.

        Raises:
            CardsvcError: no receipt of ours; another partner's (ACCESS_DENIED); about no card
                (CARD_UNKNOWN).
        """
        claims = self.check_receipt(receipt, realm)
        if claims.get("aud") != relying_party:
            raise CardsvcError(ReasonCode.ACCESS_DENIED, "another partner's receipt")
        found = self.history.decision(str(claims.get("jti")))
        if found is None or found.guid is None:
            raise CardsvcError(ReasonCode.CARD_UNKNOWN, "the receipt is about no card")
        return self.of_card(found.guid, realm)

    def of_pseudonym(self, relying_party: str, pseudonym: str, realm: Realm) -> CardState:
        """Return the state of the card that a partner knows by its own name for the holder.

        Of several cards the one that serves is told of, else one that is locked.

        Raises:
            CardsvcError: CARD_UNKNOWN; the partner was told of no card by that name.
        """
        named = self.cards_named(relying_party, pseudonym)
        states = {self.history.card_state_in(guid, realm) for guid in named} - {None}
        preferred: tuple[CardState, ...] = (CardState.ACTIVE, CardState.SUSPENDED, *CardState)
        for state in preferred:
            if state in states:
                return state
        raise CardsvcError(ReasonCode.CARD_UNKNOWN, "no card by that name")
