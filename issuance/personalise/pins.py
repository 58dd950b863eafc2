"""PIN and PUK: from the factory's to the card's own and back, without ever guessing one away.

RESET RETRY COUNTER sets the PIN by the PUK (SP 800-73-5 Part 2 section 3.2.3), so the PIN is
never guessed. The PUK is in doubt only when a card was torn in its change; then at most two
values are possible, the journal makes the next run begin with the other one, and whichever is
right sets the counter back. So no run of torn runs burns two tries in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import commands
from cardsvc.card.apdu import ResponseApdu
from cardsvc.card.commands import check_pin_response
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import ObjectTag, PinReference
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, ReasonCode
from issuance.personalise.administration import Administration
from issuance.personalise.conversation import Conversation, ask_one
from issuance.personalise.factory import FactoryState
from issuance.personalise.marker import Journal, Marker, encode_marker, refusal_mark
from issuance.ports import CardSecrets


def is_wrong_pin(response: ResponseApdu) -> bool:
    """Tell a refused PIN or PUK (63Cx; 6300 on cards that don't count aloud) from other answers."""
    status = response.status
    return status.tries_left is not None or status == StatusWord.VERIFICATION_FAILED


@dataclass(frozen=True, slots=True)
class Pins:
    """Changes the PIN and PUK of an opened card that holds, or is to hold, ``guid``'s secrets."""

    card: Administration
    guid: CardGuid
    secrets: CardSecrets
    factory: FactoryState

    @property
    def own_puk(self) -> str:
        """The card's own PUK."""
        return self.secrets.puk(self.guid)

    @property
    def own_pin(self) -> str:
        """The PIN the card leaves personalisation with."""
        return self.secrets.transport_pin(self.guid)

    def write(self, journal: Journal, refused: bytes = bytes(3)) -> Conversation[None]:
        """Write the marker."""
        content = encode_marker(Marker(self.guid, journal, refused))
        yield from self.card.require("marker", commands.put_data(ObjectTag.CHUID, content))

    def make_own(self, marker: Marker) -> Conversation[None]:
        """Give the card its own PIN and PUK.

        Raises:
            CardError: the PUK is neither the factory's nor ours (PIN_WRONG), or is blocked.
        """
        puk = yield from self._find_puk(marker, self.own_pin)
        if puk != self.own_puk:
            yield from self.write(Journal.OWN_NEXT)
            yield from self._change_puk(puk, self.own_puk)
        yield from self.write(Journal.OWN)

    def make_factory(self, marker: Marker) -> Conversation[None]:
        """Give the card the factory's PIN and PUK back.

        Raises:
            CardError: the PUK is neither the factory's nor ours (PIN_WRONG), or is blocked.
        """
        puk = yield from self._find_puk(marker, self.factory.pin)
        if puk != self.factory.puk:
            yield from self.write(Journal.FACTORY_NEXT)
            yield from self._change_puk(puk, self.factory.puk)
        yield from self.write(Journal.FACTORY)

    def _change_puk(self, old: str, new: str) -> Conversation[None]:
        response = yield from ask_one(commands.change_pin(old, new, PinReference.PUK))
        check_pin_response(response)

    def _find_puk(self, marker: Marker, new_pin: str) -> Conversation[str]:
        """Return the PUK in force, having set the PIN to ``new_pin`` with it."""
        mark = refusal_mark(self.guid, self.factory.puk)
        if marker.journal is Journal.REFUSED and marker.refused == mark:
            raise CardError(ReasonCode.PIN_WRONG, "the PUK was refused before: reset the card")
        own, factory = self.own_puk, self.factory.puk
        if marker.journal is Journal.OWN_NEXT:
            candidates = [own, factory]
            yield from self.write(Journal.FACTORY_NEXT)
        elif marker.journal is Journal.FACTORY_NEXT:
            candidates = [factory, own]
            yield from self.write(Journal.OWN_NEXT)
        else:
            candidates = [own if marker.journal is Journal.OWN else factory]
        for puk in candidates:
            response = yield from ask_one(commands.unblock_pin(puk, new_pin))
            if response.status.ok:
                return puk
            if not is_wrong_pin(response):
                check_pin_response(response)
        yield from self.write(Journal.REFUSED, mark)
        raise CardError(ReasonCode.PIN_WRONG, "the PUK is neither the factory's nor ours")
