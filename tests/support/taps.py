"""A virtual card at a reader: it answers a question, and its answer is decided on."""

from __future__ import annotations

from contextlib import closing

from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.run.taps import Judge
from reader_agent.tap import Tap, tap_card
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import PIN, RELYING_PARTY, SERVICE


def answer_to(
    challenge: ChallengeMessage,
    card: PoweredCard,
    level: AssuranceLevel = AssuranceLevel.X1,
    *,
    pin: str = PIN,
    asked: tuple[str, ...] | None = None,
) -> Tap:
    """Let a card answer; its holder has read the consent, if there is one."""
    with closing(connect_in_process(card)) as connection:
        return tap_card(
            connection,
            message=challenge.message,
            nonce=challenge.nonce,
            agent="",  # the service knows it by what it signs in with
            level=level,
            ask_pin=lambda _tries: pin,
            asked=asked,
            consent=None if challenge.consent is None else challenge.consent.id,
        )


def answer_at(
    judge: Judge,
    card: PoweredCard,
    level: AssuranceLevel = AssuranceLevel.X1,
    relying_party: str = RELYING_PARTY,
    service: str = SERVICE,
    *,
    pin: str = PIN,
) -> Tap:
    """Let a card answer a question of its own; nothing is presented yet."""
    return answer_to(judge.open_challenge(relying_party, service, level), card, level, pin=pin)


def tap_at(
    judge: Judge,
    card: PoweredCard,
    level: AssuranceLevel = AssuranceLevel.X1,
    relying_party: str = RELYING_PARTY,
    service: str = SERVICE,
) -> DecisionMessage:
    """Tap a card once, and return what is decided."""
    return judge.present(answer_at(judge, card, level, relying_party, service).presentation)
