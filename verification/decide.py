"""Decide: take the challenge, verify the card, ask the policy, sign a receipt, keep a record.

One instant per decision. Every way out is a ``Granted`` or a ``Denied``; an unforeseen fault
is neither, and travels up as an exception: nothing is granted by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from verification.challenge import Challenge
from verification.policy.find import find_policy
from verification.ports import DecisionLog, DecisionRecord, PolicyDirectory, ReceiptSigner
from verification.presentation import UnverifiedPresentation
from verification.receipt import receipt_claims
from verification.release.grant import NO_SOURCES, ReleaseSources, apply_policy
from verification.verdict import Decision, Denied, Granted, Release, Verdict, Verdicts
from verification.verify import StatusRefused, Verifier, take_challenge, verify_presentation

_FACTS_FAILED = Verdicts(facts=Verdict.FAIL)
_STATUS_FAILED = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
_NO_POLICY = Verdicts(policy=Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class DecisionDesk:
    """All that a decision needs.

    Args:
        issuer: our name in receipts.
        verifier: challenges, cards and trust.
        policies: the policies in force.
        receipts: signs the receipt.
        log: keeps the decision with its audit event.
        sources: where released attributes come from.
    """

    issuer: str
    verifier: Verifier
    policies: PolicyDirectory
    receipts: ReceiptSigner
    log: DecisionLog
    sources: ReleaseSources = NO_SOURCES


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision that is signed and on record."""

    id: str
    decision: Decision
    challenge: Challenge | None
    receipt: str


def decide(
    desk: DecisionDesk, unverified: UnverifiedPresentation, *, decision_id: str, at: datetime
) -> Settled:
    """Decide one presentation, sign its receipt and record it.

    Args:
        desk: the ports.
        unverified: what the agent brought.
        decision_id: a fresh identifier.
        at: the instant of the decision.
    """
    challenge, decision = _judge(desk, unverified, at)
    return conclude(desk, decision_id, unverified.agent, challenge, decision)


def conclude(
    desk: DecisionDesk,
    decision_id: str,
    agent: str,
    challenge: Challenge | None,
    decision: Decision,
) -> Settled:
    """Sign a decision's receipt and put both on record."""
    receipt = desk.receipts.sign(receipt_claims(desk.issuer, decision_id, challenge, decision))
    desk.log.record(_record_of(decision_id, agent, challenge, decision, receipt))
    return Settled(decision_id, decision, challenge, receipt)


def _judge(
    desk: DecisionDesk, unverified: UnverifiedPresentation, at: datetime
) -> tuple[Challenge | None, Decision]:
    try:
        challenge = take_challenge(desk.verifier.challenges, unverified, at)
    except VerificationError as error:
        return None, Denied((error.reason,), _FACTS_FAILED, at)
    policy = find_policy(desk.policies, challenge.relying_party, challenge.service, at)
    if isinstance(policy, ReasonCode):
        return challenge, Denied((policy,), _NO_POLICY, at)
    try:
        card = verify_presentation(desk.verifier, challenge, unverified, at)
    except StatusRefused as error:
        refused = Denied((error.reason,), _STATUS_FAILED, at, error.guid, error.level, policy)
        return challenge, refused
    except (VerificationError, Malformed) as error:
        return challenge, Denied((error.reason,), _FACTS_FAILED, at, policy=policy)
    decision = apply_policy(
        policy,
        desk.sources,
        card,
        agent=challenge.agent,
        unverified_asked=unverified.asked,
        at=at,
    )
    return challenge, decision


def _record_of(
    decision_id: str, agent: str, challenge: Challenge | None, decision: Decision, receipt: str
) -> DecisionRecord:
    """Return a decision as the log keeps it: exact reasons, no personal data."""
    granted = isinstance(decision, Granted)
    reasons = () if isinstance(decision, Granted) else decision.reasons
    release = decision.release if isinstance(decision, Granted) else Release()
    trace = decision.trace
    return DecisionRecord(
        id=decision_id,
        at=decision.at,
        agent=agent,
        relying_party=challenge.relying_party if challenge else "",
        service=challenge.service if challenge else "",
        granted=granted,
        level=decision.level,
        reasons=tuple(reason.value for reason in reasons),
        guid=decision.guid,
        policy_version=None if decision.policy is None else decision.policy.version,
        receipt=receipt,
        inputs=None if trace is None else trace.inputs,
        rule=None if trace is None else trace.rule,
        purpose=None if trace is None else trace.purpose,
        released=release.names,
        consent=release.consent,
    )
