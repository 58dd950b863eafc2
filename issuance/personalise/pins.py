"""PIN and PUK: from the factory's to the card's own and back, without ever guessing one away.

RESET RETRY COUNTER sets the PIN by the PUK (SP 800-73-5 Part 2 section 3.2.3), so the PIN is
never guessed. The PUK is in doubt only where a card was torn in its change; then two values are
possible, and the right one, tried first or second, sets the counter back. Should that run be torn
too, between the wrong and the right one, the journal makes the next begin with the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import commands
from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.commands import check_pin_response, expect_success
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
        yield from self.card.require("marker", self._marker(journal, refused))

    def _marker(self, journal: Journal, refused: bytes = bytes(3)) -> CommandApdu:
        content = encode_marker(Marker(self.guid, journal, refused))
        return commands.put_data(ObjectTag.CHUID, content)

    def make_own(self, marker: Marker) -> Conversation[None]:
        """Give the card its own PIN and PUK.

        Raises:
            CardError: the PUK is neither the factory's nor ours (PIN_WRONG), or is blocked.
        """
        puk = yield from self._find_puk(marker, self.own_pin)
        if puk != self.own_puk:
            yield from self._change_puk(puk, self.own_puk, Journal.OWN_NEXT, Journal.OWN)
        else:
            yield from self.write(Journal.OWN)

    def make_factory(self, marker: Marker) -> Conversation[None]:
        """Give the card the factory's PIN and PUK back.

        Raises:
            CardError: the PUK is neither the factory's nor ours (PIN_WRONG), or is blocked.
        """
        puk = yield from self._find_puk(marker, self.factory.pin)
        if puk != self.factory.puk:
            yield from self._change_puk(
                puk, self.factory.puk, Journal.FACTORY_NEXT, Journal.FACTORY
            )
        else:
            yield from self.write(Journal.FACTORY)

    def _change_puk(
        self, old: str, new: str, during: Journal, after: Journal
    ) -> Conversation[None]:
        responses = yield from self.card.attempt(
            self._marker(during),
            commands.change_pin(old, new, PinReference.PUK),
            self._marker(after),
        )
        if len(responses) == 2:
            check_pin_response(responses[1])
        expect_success(responses[-1], "change the PUK")

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
