"""Asks the service who checked a card, with the card and its PIN."""

from __future__ import annotations

from cardsvc.card.connection import CardConnection
from cardsvc.service_records import ACTIVATION_RELYING_PARTY, OWN_CHECKS_SERVICE
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.own_checks import OwnChecksMessage
from reader_agent.client import ServiceClient
from reader_agent.pin_entry import PinEntry
from reader_agent.tap import tap_card

_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""


def ask_own_checks(
    client: ServiceClient, connection: CardConnection, ask_pin: PinEntry
) -> OwnChecksMessage:
    """Let the card answer at X2 and return what its holder is told.

    Raises:
        ServiceError: the service can't be reached, or refuses.
        CardError: wrong PIN, or the card is gone.
        Malformed: an answer is not of its form.
    """
    level = AssuranceLevel.X2
    challenge = client.open_challenge(ACTIVATION_RELYING_PARTY, OWN_CHECKS_SERVICE, level)
    tap = tap_card(
        connection,
        message=challenge.message,
        nonce=challenge.nonce,
        agent=_BY_TOKEN,
        level=level,
        ask_pin=ask_pin,
    )
    return client.own_checks(tap.presentation)
