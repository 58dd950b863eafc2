"""The two steps of a tap, as agents and partners' own readers call them."""

from __future__ import annotations

import uuid
from datetime import datetime

from cardsvc.service_records import NONCE_OCTETS
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    DecisionMessage,
    PresentationMessage,
)
from verification.challenge import message_of, open_challenge
from verification.decide import Settled, decide
from verification.presentation import UnverifiedPresentation
from verification.release.attributes import Attribute
from verification.remedy import remedy_for
from verification.verdict import Denied, Granted
from web.services import Services


def ask(services: Services, asked: ChallengeRequest, agent: str, at: datetime) -> ChallengeMessage:
    """Open a challenge for an agent."""
    challenge = open_challenge(
        nonce=services.random_octets(NONCE_OCTETS),
        relying_party=asked.relying_party,
        service=asked.service,
        agent=agent,
        level=asked.level,
        at=at,
    )
    services.desk.verifier.challenges.add(challenge)
    return ChallengeMessage(challenge.nonce, message_of(challenge), challenge.expires_at)


def unverified(message: PresentationMessage, agent: str) -> UnverifiedPresentation:
    """Return the presentation as the verification core takes it."""
    return UnverifiedPresentation(
        message.nonce, agent, message.objects, message.proofs, message.asked
    )


def settle(
    services: Services, message: PresentationMessage, agent: str, at: datetime
) -> DecisionMessage:
    """Decide a presentation."""
    settled = decide(
        services.desk, unverified(message, agent), decision_id=str(uuid.uuid4()), at=at
    )
    return decision_message(settled)


def decision_message(settled: Settled) -> DecisionMessage:
    """Return what the agent and the person at the screen get of a decision."""
    match settled.decision:
        case Granted(card, _, _, release):
            name = release.values.get(Attribute.NAME)
            return DecisionMessage(
                granted=True,
                code="granted",
                level=card.level.name,
                holder_name=name if isinstance(name, str) else None,
                message_vi="Thẻ hợp lệ.",
                message_en="The card is valid.",
                receipt=settled.receipt,
                released=release.values,
                pseudonym=release.pseudonym,
            )
        case Denied(reasons, _, _, _, level, _, _, note):
            remedy = remedy_for(reasons[0])
            vi, en = note or (remedy.vi, remedy.en)
            return DecisionMessage(
                granted=False,
                code=remedy.public_code,
                level=level.name if level is not None else None,
                holder_name=None,
                message_vi=vi,
                message_en=en,
                receipt=settled.receipt,
            )
