"""Decide: find the challenge, verify the card, ask the policy, sign a receipt, keep a record.

One instant per decision. Every way out is a ``Granted`` or a ``Denied``; an unforeseen fault
is neither, and travels up as an exception: nothing is granted by accident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import Struct

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.terms import Realm
from verification.challenge import Challenge
from verification.policy.find import find_policy
from verification.ports import DecisionLog, DecisionRecord, PolicyDirectory, ReceiptSigner
from verification.presentation import Brought, UnverifiedPresentation
from verification.read_once import CardsReadOnce, PoliciesReadOnce
from verification.receipt import receipt_claims
from verification.release.grant import NO_SOURCES, ReleaseSources, apply_policy
from verification.verdict import Decision, Denied, Granted, Release, Verdict, Verdicts
from verification.verify import StatusRefused, Verifier, find_challenge, verify_presentation

_FACTS_FAILED = Verdicts(facts=Verdict.FAIL)
_STATUS_FAILED = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
_NO_POLICY = Verdicts(policy=Verdict.FAIL)
_REFUSED = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class DecisionDesk:
    """All that a decision needs.

    Args:
        issuer: our name in receipts.
        verifier: challenges, cards and trust.
        policies: the policies in force.
        receipts: sign receipts, by the realm of the policy that decided.
        log: keeps the decision with its audit event.
        sources: where released attributes come from.
    """

    issuer: str
    verifier: Verifier
    policies: PolicyDirectory
    receipts: Mapping[Realm, ReceiptSigner]
    log: DecisionLog
    sources: ReleaseSources = NO_SOURCES


class Asked(Struct, frozen=True):
    """A presentation to be decided.

    Args:
        unverified: what the agent brought.
        decision_id: a fresh identifier.
        at: the instant of the decision.
    """

    unverified: UnverifiedPresentation
    decision_id: str
    at: datetime


class Settled(Struct, frozen=True):
    """A decision that is signed; on record when ``decide`` or ``conclude`` returns it."""

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
    (settled,) = decide_all(desk, [Asked(unverified, decision_id, at)])
    return settled


def decide_all(desk: DecisionDesk, asked: Sequence[Asked]) -> Sequence[Settled]:
    """Decide presentations as ``decide`` does, and record them in one transaction.

    Raises:
        CardsvcError: a port failed, or a text can't be recorded; nothing is on record then.
    """
    desk = _reading_once(desk, asked)
    judged = [judge(desk, one.unverified, one.at) for one in asked]
    settled = [
        sign(desk, one.decision_id, challenge, decision)
        for one, (challenge, decision) in zip(asked, judged, strict=True)
    ]
    written = desk.log.record_all(
        [
            (record_of(done, one.unverified), done.challenge)
            for one, done in zip(asked, settled, strict=True)
        ]
    )
    return [
        done if fresh else _refuse_replay(desk, one)
        for one, done, fresh in zip(asked, settled, written, strict=True)
    ]


def _refuse_replay(desk: DecisionDesk, asked: Asked) -> Settled:
    """Step 13 failed: somebody answered the challenge before."""
    denied = Denied((ReasonCode.CHALLENGE_UNKNOWN,), _FACTS_FAILED, asked.at)
    return conclude(desk, asked.decision_id, asked.unverified, None, denied)


def conclude(
    desk: DecisionDesk,
    decision_id: str,
    brought: Brought,
    challenge: Challenge | None,
    decision: Decision,
) -> Settled:
    """Sign a decision's receipt and put both on record; the challenge is spent already."""
    settled = sign(desk, decision_id, challenge, decision)
    desk.log.record(record_of(settled, brought))
    return settled


def _reading_once(desk: DecisionDesk, asked: Sequence[Asked]) -> DecisionDesk:
    """Return a desk that looks cards and policies up once for all that are decided together."""
    if len(asked) == 1:
        return desk
    cards = CardsReadOnce(desk.verifier.cards, [one.unverified for one in asked])
    verifier = replace(desk.verifier, cards=cards)
    return replace(desk, verifier=verifier, policies=PoliciesReadOnce(desk.policies))


def sign(
    desk: DecisionDesk,
    decision_id: str,
    challenge: Challenge | None,
    decision: Decision,
    more: Mapping[str, object] | None = None,
) -> Settled:
    """Sign a decision's receipt; nothing is on record by that.

    Args:
        desk: the ports.
        decision_id: becomes ``jti``.
        challenge: the question.
        decision: the answer.
        more: claims that the flow adds, such as its session.
    """
    claims = receipt_claims(desk.issuer, decision_id, challenge, decision)
    # where no policy was found, nothing was granted: no test's grant has production's signature
    realm = Realm.PRODUCTION if decision.policy is None else decision.policy.realm
    receipt = desk.receipts[realm].sign(claims if more is None else claims | dict(more))
    return Settled(decision_id, decision, challenge, receipt)


def judge(
    desk: DecisionDesk, unverified: UnverifiedPresentation, at: datetime
) -> tuple[Challenge | None, Decision]:
    """Decide a presentation; nothing is signed, spent or on record by that."""
    try:
        challenge = find_challenge(desk.verifier.challenges, unverified, at)
    except VerificationError as error:
        return None, Denied((error.reason,), _FACTS_FAILED, at)
    policy = find_policy(desk.policies, challenge.relying_party, challenge.service, at)
    if isinstance(policy, ReasonCode):
        return challenge, Denied((policy,), _NO_POLICY, at)
    try:
        card = verify_presentation(desk.verifier, challenge, unverified, at, realm=policy.realm)
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
        unverified_consent=unverified.consent,
        at=at,
    )
    return challenge, _at_the_level_asked(challenge, decision)


def _at_the_level_asked(challenge: Challenge, decision: Decision) -> Decision:
    """Deny what was asked at a higher level than the card answered at.

    The policy would grant it, but whoever asked wants more: an answer without the PIN is none to a
    question at X2. There is no trace: no policy said so, and none is to be tried on it.
    """
    if isinstance(decision, Denied) or decision.level >= challenge.level:
        return decision
    reasons = (ReasonCode.LEVEL_TOO_LOW,)
    return Denied(reasons, _REFUSED, decision.at, decision.guid, decision.level, decision.policy)


def record_of(settled: Settled, brought: Brought) -> DecisionRecord:
    """Return a decision as the log keeps it: exact reasons, no personal data."""
    challenge, decision = settled.challenge, settled.decision
    granted = isinstance(decision, Granted)
    reasons = () if isinstance(decision, Granted) else decision.reasons
    release = decision.release if isinstance(decision, Granted) else Release()
    trace = decision.trace
    return DecisionRecord(
        id=settled.id,
        at=decision.at,
        agent=brought.agent,
        relying_party=challenge.relying_party if challenge else "",
        service=challenge.service if challenge else "",
        granted=granted,
        level=decision.level,
        reasons=tuple(reason.value for reason in reasons),
        guid=decision.guid,
        policy_version=None if decision.policy is None else decision.policy.version,
        receipt=settled.receipt,
        inputs=None if trace is None else trace.inputs,
        rule=None if trace is None else trace.rule,
        purpose=None if trace is None else trace.purpose,
        released=release.names,
        consent=release.consent,
        request_id=brought.request_id,
    )
