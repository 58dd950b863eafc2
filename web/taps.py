"""The two steps of a tap, as agents and partners' own readers call them."""

from __future__ import annotations

from datetime import datetime

from cardsvc.service_records import NONCE_OCTETS, Challenge
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    ConsentText,
    DecisionMessage,
    PresentationMessage,
)
from verification.challenge import message_of, open_challenge
from verification.decide import Asked, Settled
from verification.presentation import UnverifiedPresentation
from verification.release.attributes import Attribute
from verification.release.consent import consent_for
from verification.remedy import remedy_for
from verification.verdict import Denied, Granted
from web.decision_id import decision_id
from web.request_id import name_decision, request_id
from web.services import Services


def ask(services: Services, asked: ChallengeRequest, agent: str, at: datetime) -> ChallengeMessage:
    """Open a challenge for an agent."""
    question = open_challenge(
        nonce=services.random_octets(NONCE_OCTETS),
        relying_party=asked.relying_party,
        service=asked.service,
        agent=agent,
        level=asked.level,
        at=at,
    )
    challenge = services.desk.verifier.challenges.issue(question)
    return challenge_message(services, challenge, at)


def challenge_message(services: Services, challenge: Challenge, at: datetime) -> ChallengeMessage:
    """Return a challenge as it goes out, with what the holder must agree to."""
    consent = consent_for(services.desk.policies, challenge.relying_party, challenge.service, at)
    return ChallengeMessage(
        challenge.nonce,
        message_of(challenge),
        challenge.expires_at,
        None if consent is None else ConsentText(consent.id, consent.text.vi, consent.text.en),
    )


def unverified(message: PresentationMessage, agent: str, request_id: str) -> UnverifiedPresentation:
    """Return the presentation as the verification core takes it."""
    return UnverifiedPresentation(
        message.nonce,
        agent,
        message.objects,
        message.proofs,
        message.asked,
        message.consent,
        request_id,
    )


def settle(
    services: Services, message: PresentationMessage, agent: str, at: datetime
) -> DecisionMessage:
    """Decide a presentation."""
    identifier = decision_id(at, services.random_octets)
    asked = Asked(unverified(message, agent, request_id()), identifier, at)
    return decision_message(services.counter.decide(asked))


def decision_message(settled: Settled) -> DecisionMessage:
    """Return what the agent and the person at the screen get of a decision."""
    name_decision(settled.id)
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
            remedy = remedy_for(reasons[0], level)
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
