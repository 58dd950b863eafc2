"""Activation: the holder exchanges the transport PIN for a PIN of his own, and proves it.

Both PINs are typed at the agent and go to the card only. What the service gets is the card's
X2 answer to its challenge.
"""

from __future__ import annotations

from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import PinReference
from cardsvc.card.session import PivSession
from cardsvc.service_records import ACTIVATION_RELYING_PARTY, ACTIVATION_SERVICE
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.client import ServiceClient
from reader_agent.pin_entry import PinAtReader
from reader_agent.pin_rules import USUAL_RULES, PinRules, require_strong_pin
from reader_agent.tap import tap_card


def set_holder_pin(
    connection: CardConnection, old_pin: str, new_pin: str, rules: PinRules = USUAL_RULES
) -> None:
    """Change the PIN the card was handed over with, or the holder's own; no other way sets one.

    Args:
        connection: the card.
        old_pin: the activation code, or the PIN so far.
        new_pin: what the holder has chosen; one that is easy to guess costs no try.
        rules: what is asked of it.

    Raises:
        WrongPin: the old PIN does not match, or is blocked.
        CardError: PIN_FORMAT or PIN_WEAK; or the card is gone.
    """
    require_strong_pin(new_pin, rules, code=old_pin)
    session = PivSession(connection)
    session.select()
    session.change_pin(old_pin, new_pin, PinReference.APPLICATION)


def activate_card(
    client: ServiceClient, connection: CardConnection, *, agent: str, pin: str | PinAtReader
) -> DecisionMessage:
    """Prove the holder's PIN to the service, which makes the card valid.

    Args:
        client: of the service.
        connection: the card.
        agent: our own identifier.
        pin: what the holder has typed, or types at the reader.

    Raises:
        ServiceError: the service can't be reached, or refuses.
        CardError: wrong PIN, or the card is gone.
    """
    challenge = client.open_challenge(
        ACTIVATION_RELYING_PARTY, ACTIVATION_SERVICE, AssuranceLevel.X2
    )
    tap = tap_card(
        connection,
        message=challenge.message,
        nonce=challenge.nonce,
        agent=agent,
        level=AssuranceLevel.X2,
        ask_pin=(lambda _tries: pin) if isinstance(pin, str) else pin,
    )
    return client.activate(tap.presentation)
