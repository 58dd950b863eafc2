"""Activation: an issued card answers with its holder's own PIN, and becomes valid.

The one use case that needs both siblings: verification proves, issuance acts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs

from cardsvc.errors import IssuanceError, Malformed, ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import (
    ACTIVATION_RELYING_PARTY,
    ACTIVATION_SERVICE,
    Challenge,
)
from cardsvc.terms import AssuranceLevel, Realm
from issuance.lifecycle import ActivationProof, activate
from issuance.ports import IssuanceStore
from verification.decide import DecisionDesk, Settled, conclude
from verification.policy.simple import simple_policy
from verification.presentation import UnverifiedPresentation
from verification.read_once import named_card
from verification.release.grant import apply_policy
from verification.verdict import Decision, Denied, Verdict, Verdicts
from verification.verify import StatusRefused, take_challenge, verify_presentation
from web.decision_id import decision_id

POLICY = simple_policy(
    ACTIVATION_RELYING_PARTY, ACTIVATION_SERVICE, minimum_level=AssuranceLevel.X2, version=1
)


@dataclass(frozen=True, slots=True)
class ActivationDesk:
    """Activates cards.

    Args:
        desk: the ports of a decision.
        store: the issuance side.
        random_octets: a cryptographic random source.
    """

    desk: DecisionDesk
    store: IssuanceStore
    random_octets: Callable[[int], bytes]

    def settle(self, unverified: UnverifiedPresentation, at: datetime) -> Settled:
        """Verify an X2 answer of an issued card and activate it."""
        identifier = decision_id(at, self.random_octets)
        challenge, decision = self._judge(unverified, identifier, at)
        return conclude(self.desk, identifier, unverified, challenge, decision)

    def _judge(
        self, unverified: UnverifiedPresentation, identifier: str, at: datetime
    ) -> tuple[Challenge | None, Decision]:
        try:
            challenge = take_challenge(self.desk.verifier.challenges, unverified, at)
        except VerificationError as error:
            return None, Denied((error.reason,), Verdicts(facts=Verdict.FAIL), at)
        if (challenge.relying_party, challenge.service) != (POLICY.relying_party, POLICY.service):
            misbound = (ReasonCode.CHALLENGE_MISBOUND,)
            return challenge, Denied(misbound, Verdicts(facts=Verdict.FAIL), at)
        return challenge, self._verify_and_activate(challenge, unverified, identifier, at)

    def _realm_of(self, unverified: UnverifiedPresentation) -> Realm:
        """Return the realm of the card that is named: cards of every realm are activated."""
        named = named_card(unverified)
        record = None if named is None else self.desk.verifier.cards.find(named)
        return Realm.PRODUCTION if record is None else record.card.realm

    def _verify_and_activate(
        self,
        challenge: Challenge,
        unverified: UnverifiedPresentation,
        identifier: str,
        at: datetime,
    ) -> Decision:
        try:
            card = verify_presentation(
                self.desk.verifier,
                challenge,
                unverified,
                at,
                realm=self._realm_of(unverified),
                expected_state=CardState.ISSUED,
            )
        except StatusRefused as error:
            verdicts = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
            return Denied((error.reason,), verdicts, at, error.guid, error.level)
        except (VerificationError, Malformed) as error:
            return Denied((error.reason,), Verdicts(facts=Verdict.FAIL), at)
        proof = ActivationProof(card.guid, card.level, at, identifier)
        try:
            activate(self.store, card.guid, proof=proof, operator=unverified.agent, at=at)
        except IssuanceError as error:
            verdicts = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.FAIL)
            return Denied((error.reason,), verdicts, at, card.guid, card.level)
        standing = structs.replace(card.record.card, state=CardState.ACTIVE)
        return apply_policy(
            replace(POLICY, realm=card.record.card.realm),
            self.desk.sources,
            structs.replace(card, record=structs.replace(card.record, card=standing)),
            agent=unverified.agent,
            unverified_asked=None,
            unverified_consent=None,
            at=at,
        )
