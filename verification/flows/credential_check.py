"""Decides about the QR code on a card's face: X0, whatever else holds.

The code says what its issuer signed; the record says where that card stands now; the policy says
whether that is enough. A picture of a card passes as well as the card, and the receipt's level
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import Challenge
from cardsvc.terms import AssuranceLevel, Realm
from cardsvc.wire.credential import credential_issuer
from verification.credential import verify_credential
from verification.decide import DecisionDesk, Settled, conclude
from verification.policy.find import find_policy
from verification.release.grant import apply_policy
from verification.verdict import Decision, Denied, Verdict, Verdicts, VerifiedCard
from verification.verify import StatusRefused, check_state


@dataclass(frozen=True, slots=True)
class CredentialShown:
    """A scanned text.

    Args:
        relying_party: the partner.
        service: for which it was shown.
        agent: who scanned it.
        text: as scanned.
        asked: the attributes that the partner asks for; None for all that the policy allows it.
        request_id: the name of the request that brought it.
    """

    relying_party: str
    service: str
    agent: str
    text: str = field(repr=False)
    asked: tuple[str, ...] | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialDesk:
    """Decides about QR codes.

    Args:
        desk: the ports of a decision.
        keys: the published keys of a realm's credentials, as JWK set (RFC 7517).
    """

    desk: DecisionDesk
    keys: Callable[[Realm], Mapping[str, object]]

    def settle(self, shown: CredentialShown, *, decision_id: str, at: datetime) -> Settled:
        """Decide about a text, sign a receipt and record it.

        Args:
            shown: what was scanned.
            decision_id: a fresh identifier.
            at: the instant of the decision.

        Raises:
            CardsvcError: a port failed; nothing is decided then.
        """
        level = AssuranceLevel.X0
        question = Challenge(b"", shown.relying_party, shown.service, shown.agent, level, at)
        return conclude(self.desk, decision_id, shown, question, self._judge(shown, at))

    def _judge(self, shown: CredentialShown, at: datetime) -> Decision:
        policy = find_policy(self.desk.policies, shown.relying_party, shown.service, at)
        if isinstance(policy, ReasonCode):
            return Denied((policy,), Verdicts(policy=Verdict.FAIL), at)
        try:
            card = self._verify(shown.text, policy.realm, at)
        except StatusRefused as error:
            failed = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
            return Denied((error.reason,), failed, at, error.guid, error.level, policy)
        except (VerificationError, Malformed) as error:
            return Denied((error.reason,), Verdicts(facts=Verdict.FAIL), at, policy=policy)
        return apply_policy(
            policy,
            self.desk.sources,
            card,
            agent=shown.agent,
            unverified_asked=shown.asked,
            unverified_consent=None,
            at=at,
        )

    def _verify(self, text: str, realm: Realm, at: datetime) -> VerifiedCard:
        """Check signature, dates and issuer, then the record; raises as verification does."""
        issuer = credential_issuer(self.desk.issuer, realm)
        verified = verify_credential(text, self.keys(realm), expected_issuer=issuer, at=at)
        said, level = verified.credential, verified.level
        record = self.desk.verifier.cards.find(said.guid)
        if record is None:
            raise VerificationError(ReasonCode.CARD_UNKNOWN, f"no card {said.guid}")
        if record.card.card_type is not said.card_type:
            raise VerificationError(ReasonCode.CARD_TYPE_MISMATCH, "signed as another type")
        check_state(record, said.guid, CardState.ACTIVE, at, level=level)
        return VerifiedCard(said.guid, said.card_type, level, record, at)
