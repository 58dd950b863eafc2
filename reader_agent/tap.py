"""One tap: what is asked of the card, and what is brought to the service.

X1 costs four short APDUs with a lean certificate: SELECT, GENERAL AUTHENTICATE, GET DATA of the
9E certificate (one GET RESPONSE); two for a card that is known by its signature and need not be
read again (ADR 0034). X2 adds VERIFY, the 9A certificate and its signature. The PIN goes to the
card and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.commands import RefusedByCard
from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import CERTIFICATE_OBJECT, Algorithm, KeySlot, ObjectTag
from cardsvc.card.public_key import CURVES, algorithm_of
from cardsvc.card.session import PivSession
from cardsvc.errors import Malformed
from cardsvc.terms import AssuranceLevel
from reader_agent.known_cards import KnownCards
from reader_agent.other_application import refuse_other_application
from reader_agent.pin_entry import PinEntry, present_pin
from verification.presentation import UnverifiedPresentation


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
    ask_pin: PinEntry | None = None,
    asked: tuple[str, ...] | None = None,
    consent: str | None = None,
    known: KnownCards | None = None,
) -> Tap:
    """Ask the card to answer one bound message.

    Args:
        connection: the card.
        message: the binding message of the challenge.
        nonce: the challenge's nonce.
        agent: our own identifier.
        level: X1, or X2 which needs the PIN.
        ask_pin: asks the holder for the PIN, here or at the reader; needed for X2.
        asked: the attributes to ask for; None for all that the service may have.
        consent: names the text that stands above the PIN; it goes along once the PIN was typed.
        known: cards that need not be read again; None reads every card.

    Raises:
        CardError: removed, silent, no PIV application, wrong PIN, …
        Malformed: what the card answered is ill-formed.
    """
    session = PivSession(connection)
    session.select()
    objects: dict[ObjectTag, bytes] = {}
    proofs: dict[KeySlot, bytes] = {}
    agreed: str | None = None
    slot = KeySlot.CARD_AUTHENTICATION
    objects[CERTIFICATE_OBJECT[slot]], proofs[slot] = (
        _prove(session, slot, message) if known is None else _prove_known(session, known, message)
    )
    if level >= AssuranceLevel.X2 and ask_pin is not None:
        present_pin(session, ask_pin)
        slot = KeySlot.AUTHENTICATION
        objects[CERTIFICATE_OBJECT[slot]], proofs[slot] = _prove(session, slot, message)
        agreed = consent
    cost = TapCost(session.transport.apdu_count, session.transport.octet_count)
    return Tap(UnverifiedPresentation(nonce, agent, objects, proofs, asked, agreed), cost)


def _prove(session: PivSession, slot: KeySlot, message: bytes) -> tuple[bytes, bytes]:
    """Return a slot's certificate and its key's signature."""
    certificate, algorithm = _read_certificate(session, slot)
    return certificate, session.sign_message(algorithm, slot, message)


def _prove_known(session: PivSession, known: KnownCards, message: bytes) -> tuple[bytes, bytes]:
    """Have the card sign before it says who it is; read it where the signature is of nobody known.

    Whoever it is, it signs once: what it has signed holds once its certificate is read.
    """
    slot = KeySlot.CARD_AUTHENTICATION
    guess = known.likely_algorithm(session.transport.connection.atr)
    signature = _sign_unread(session, guess, message)
    certificate = None if signature is None else known.find(guess, signature, message)
    if signature is not None and certificate is not None:
        return certificate, signature
    certificate, algorithm = _read_certificate(session, slot)
    if signature is None or algorithm is not guess:
        signature = session.sign_message(algorithm, slot, message)
    return certificate, signature


def _sign_unread(session: PivSession, guess: Algorithm, message: bytes) -> bytes | None:
    """Return a signature of a key not known yet; None where its algorithm is another, or RSA's.

    Cards mostly refuse an algorithm that their key is not of; what one answers that tries to sign
    all the same is no signature, and no reason not to read it.
    """
    if guess not in CURVES:
        return None  # an RSA signature tells nothing of its key
    try:
        return session.sign_message(guess, KeySlot.CARD_AUTHENTICATION, message)
    except (RefusedByCard, Malformed):
        return None


def _read_certificate(session: PivSession, slot: KeySlot) -> tuple[bytes, Algorithm]:
    try:
        content = session.read_object(CERTIFICATE_OBJECT[slot])
    except RefusedByCard as error:
        refuse_other_application(error.status, "GET DATA")
        raise
    return content, algorithm_of(parse_certificate_object(content).public_key())
