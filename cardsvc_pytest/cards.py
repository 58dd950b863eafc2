"""Virtual cards for tests: those that the sandbox issued, and the testers' personas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError
from cardsvc.terms import AssuranceLevel, CardType
from cardsvc.wire.tap import ChallengeMessage, PresentationMessage
from cardsvc_client import Decision, PartnerClient
from cardsvc_pytest.sandbox import HOLDER_PIN, IssuedCard, Sandbox, SandboxFailed
from reader_agent.personas.catalogue import PERSONAS, insert_persona
from reader_agent.personas.content import TEST_PIN
from reader_agent.sources import open_realm
from reader_agent.tap import tap_card
from reader_agent.virtual.connection import connect_in_process

_WRONG_PIN = "739182"


@dataclass(frozen=True, slots=True)
class CardInHand:
    """A card to be tapped.

    Args:
        persona: by which it was asked for.
        pin: the holder's.
        holder_name: whose it is; empty for a persona of the testers, which nobody issued.
        guid: the card's identifier; empty likewise.
        connect: puts it on a reader.
    """

    persona: str
    pin: str
    holder_name: str
    guid: str
    connect: Callable[[], CardConnection]


def _issued(card_type: CardType) -> Callable[[Sandbox], IssuedCard]:
    return lambda sandbox: sandbox.issue(card_type)


def _suspended(sandbox: Sandbox) -> IssuedCard:
    issued = sandbox.issue(CardType.CIVIL_SERVANT)
    sandbox.suspend(issued.guid)
    return issued


def _revoked(sandbox: Sandbox) -> IssuedCard:
    issued = sandbox.issue(CardType.CIVIL_SERVANT)
    sandbox.revoke(issued.guid)
    return issued


def _not_activated(sandbox: Sandbox) -> IssuedCard:
    return sandbox.issue(CardType.CIVIL_SERVANT, activate=False)


def _pin_blocked(sandbox: Sandbox) -> IssuedCard:
    issued = sandbox.issue(CardType.CIVIL_SERVANT)
    for _ in range(3):
        connection = connect_in_process(issued.card)
        try:
            tap_card(
                connection, message=bytes(32), nonce=bytes(32), agent="",
                level=AssuranceLevel.X2, ask_pin=lambda _tries: _WRONG_PIN,
            )  # fmt: skip
        except CardError:
            continue
        finally:
            connection.close()
        raise SandboxFailed("a wrong PIN was taken")
    return issued


ISSUED: Mapping[str, Callable[[Sandbox], IssuedCard]] = {
    "civil_servant": _issued(CardType.CIVIL_SERVANT),
    "individual": _issued(CardType.INDIVIDUAL),
    "business": _issued(CardType.BUSINESS),
    "suspended": _suspended,
    "revoked": _revoked,
    "not_activated": _not_activated,
    "pin_blocked": _pin_blocked,
}
"""Personas that the sandbox issues; all others are the testers' own, which no service issued."""


def take_card(sandbox: Sandbox, persona: str) -> CardInHand:
    """Return a fresh card of a persona.

    Raises:
        LookupError: no such persona; the message names those there are.
    """
    if persona in ISSUED:
        issued = ISSUED[persona](sandbox)
        return CardInHand(
            persona, HOLDER_PIN, issued.holder_name, str(issued.guid),
            lambda: connect_in_process(issued.card),
        )  # fmt: skip
    if persona not in PERSONAS:
        known = ", ".join([*ISSUED, *sorted(PERSONAS)])
        raise LookupError(f"no persona {persona!r}; there are: {known}")
    realm = open_realm()
    return CardInHand(persona, TEST_PIN, "", "", lambda: insert_persona(realm, persona))


def answer_with(
    card: CardInHand,
    challenge: Mapping[str, object],
    *,
    level: str = "X1",
    pin: str | None = None,
    asked: tuple[str, ...] | None = None,
) -> dict[str, object]:
    """Let a card answer a challenge, as ``reader-agent answer`` does; return the presentation.

    Args:
        card: the card.
        challenge: the document that ``…/challenges`` answered.
        level: X1, or X2 with the PIN.
        pin: what is typed; the holder's own where it is None.
        asked: attributes to ask for; None for all that we may have.

    Raises:
        CardsvcError: the card could not be read: removed, PIN wrong or blocked, …
    """
    question = ChallengeMessage.read(dict(challenge))
    connection = card.connect()
    try:
        tap = tap_card(
            connection, message=question.message, nonce=question.nonce, agent="",
            level=AssuranceLevel[level], ask_pin=lambda _tries: card.pin if pin is None else pin,
        )  # fmt: skip
    finally:
        connection.close()
    shown = tap.presentation
    consent = question.consent.id if question.consent and level == "X2" else None
    return PresentationMessage(shown.nonce, shown.objects, shown.proofs, asked, consent).as_object()


def tap_with(
    client: PartnerClient,
    card: CardInHand,
    service: str,
    *,
    level: str = "X1",
    pin: str | None = None,
    asked: tuple[str, ...] | None = None,
) -> Decision:
    """Tap a card at a partner's own reader and return the decision; see ``answer_with``."""
    challenge = client.open_challenge(service, level)
    presentation = answer_with(card, challenge.document, level=level, pin=pin, asked=asked)
    return client.present(presentation)
