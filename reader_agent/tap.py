"""One tap: what is asked of the card, and what is brought to the service.

X1 costs four short APDUs with a lean certificate: SELECT, GET DATA of the 9E certificate
(one GET RESPONSE), GENERAL AUTHENTICATE. X2 adds VERIFY, the 9A certificate and its signature.
The PIN goes to the card and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.public_key import algorithm_of
from cardsvc.card.session import PivSession
from cardsvc.terms import AssuranceLevel
from verification.presentation import UnverifiedPresentation

PinSource = Callable[[int | None], str]
"""Asks the holder for the PIN, given the tries left where the card tells; runs at the agent."""


@dataclass(frozen=True, slots=True)
class TapCost:
    """What a tap put on the wire."""

    apdus: int
    octets: int


@dataclass(frozen=True, slots=True)
class Tap:
    """A card's answer to a question, and what it cost."""

    presentation: UnverifiedPresentation
    cost: TapCost


def tap_card(
    connection: CardConnection,
    *,
    message: bytes,
    nonce: bytes,
    agent: str,
    level: AssuranceLevel,
    ask_pin: PinSource | None = None,
    asked: tuple[str, ...] | None = None,
    consent: str | None = None,
) -> Tap:
    """Ask the card to answer one bound message.

    Args:
        connection: the card.
        message: the binding message of the challenge.
        nonce: the challenge's nonce.
        agent: our own identifier.
        level: X1, or X2 which needs the PIN.
        ask_pin: asks the holder for the PIN; needed for X2.
        asked: the attributes to ask for; None for all that the service may have.
        consent: names the text that stands above the PIN; it goes along once the PIN was typed.

    Raises:
        CardError: removed, silent, no PIV application, wrong PIN, …
        Malformed: what the card answered is ill-formed.
    """
    session = PivSession(connection)
    session.select()
    objects: dict[ObjectTag, bytes] = {}
    proofs: dict[KeySlot, bytes] = {}
    agreed: str | None = None
    _prove(session, KeySlot.CARD_AUTHENTICATION, message, objects, proofs)
    if level >= AssuranceLevel.X2 and ask_pin is not None:
        session.verify_pin(ask_pin(session.pin_tries_left()))
        _prove(session, KeySlot.AUTHENTICATION, message, objects, proofs)
        agreed = consent
    cost = TapCost(session.transport.apdu_count, session.transport.octet_count)
    return Tap(UnverifiedPresentation(nonce, agent, objects, proofs, asked, agreed), cost)


def _prove(
    session: PivSession,
    slot: KeySlot,
    message: bytes,
    objects: dict[ObjectTag, bytes],
    proofs: dict[KeySlot, bytes],
) -> None:
    tag = CERTIFICATE_OBJECT[slot]
    content = session.read_object(tag)
    algorithm = algorithm_of(parse_certificate_object(content).public_key())
    objects[tag] = content
    proofs[slot] = session.sign_message(algorithm, slot, message)
