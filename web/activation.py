"""Activation: an issued card answers with its holder's own PIN, and becomes valid.

The one use case that needs both siblings: verification proves, issuance acts.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.errors import IssuanceError, Malformed, ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import (
    ACTIVATION_RELYING_PARTY,
    ACTIVATION_SERVICE,
    Challenge,
)
from cardsvc.terms import AssuranceLevel
from issuance.lifecycle import ActivationProof, activate
from issuance.ports import IssuanceStore
from verification.decide import DecisionDesk, Settled, conclude
from verification.policy.simple import simple_policy
from verification.presentation import UnverifiedPresentation
from verification.release.grant import apply_policy
from verification.verdict import Decision, Denied, Verdict, Verdicts
from verification.verify import StatusRefused, take_challenge, verify_presentation

POLICY = simple_policy(
    ACTIVATION_RELYING_PARTY, ACTIVATION_SERVICE, minimum_level=AssuranceLevel.X2, version=1
)


@dataclass(frozen=True, slots=True)
class ActivationDesk:
    """Activates cards.

    Args:
        desk: the ports of a decision.
        store: the issuance side.
    """

    desk: DecisionDesk
    store: IssuanceStore

    def settle(self, unverified: UnverifiedPresentation, at: datetime) -> Settled:
        """Verify an X2 answer of an issued card and activate it."""
        decision_id = str(uuid.uuid4())
        challenge, decision = self._judge(unverified, decision_id, at)
        return conclude(self.desk, decision_id, unverified.agent, challenge, decision)

    def _judge(
        self, unverified: UnverifiedPresentation, decision_id: str, at: datetime
    ) -> tuple[Challenge | None, Decision]:
        try:
            challenge = take_challenge(self.desk.verifier.challenges, unverified, at)
        except VerificationError as error:
            return None, Denied((error.reason,), Verdicts(facts=Verdict.FAIL), at)
        if (challenge.relying_party, challenge.service) != (POLICY.relying_party, POLICY.service):
            misbound = (ReasonCode.CHALLENGE_MISBOUND,)
            return challenge, Denied(misbound, Verdicts(facts=Verdict.FAIL), at)
        return challenge, self._verify_and_activate(challenge, unverified, decision_id, at)

    def _verify_and_activate(
        self,
        challenge: Challenge,
        unverified: UnverifiedPresentation,
        decision_id: str,
        at: datetime,
    ) -> Decision:
        try:
            card = verify_presentation(
                self.desk.verifier, challenge, unverified, at, expected_state=CardState.ISSUED
            )
        except StatusRefused as error:
            verdicts = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
            return Denied((error.reason,), verdicts, at, error.guid, error.level)
        except (VerificationError, Malformed) as error:
            return Denied((error.reason,), Verdicts(facts=Verdict.FAIL), at)
        proof = ActivationProof(card.guid, card.level, at, decision_id)
        try:
            activate(self.store, card.guid, proof=proof, operator=unverified.agent, at=at)
        except IssuanceError as error:
            verdicts = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.FAIL)
            return Denied((error.reason,), verdicts, at, card.guid, card.level)
        active = replace(card.record, card=replace(card.record.card, state=CardState.ACTIVE))
        return apply_policy(
            POLICY,
            self.desk.sources,
            replace(card, record=active),
            agent=unverified.agent,
            unverified_asked=None,
            at=at,
        )
