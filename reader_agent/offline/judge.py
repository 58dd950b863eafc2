"""Decides on cards while the service is away: the verification core over the last bundle.

Implements ``reader_agent.run.taps.Judge``. Nothing is released: a bundle holds no facts of people.
A decision is an event of the outbox before anybody is told of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.event_chain import JsonScalar
from cardsvc.offline_records import DECIDED_OFFLINE, OfflineDecision
from cardsvc.service_records import NONCE_OCTETS, Challenge, DecisionRecord
from cardsvc.terms import AssuranceLevel, Realm
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.offline.config import Caution, OfflineConfig
from reader_agent.offline.keeper import BundleKeeper
from verification.bundle.bundle import Bundle, BundlePolicies
from verification.challenge import message_of, open_challenge
from verification.decide import DecisionDesk, conclude, judge
from verification.presentation import UnverifiedPresentation
from verification.remedy import remedy_for
from verification.sealed_challenge import SealedChallenges
from verification.verdict import Decision, Denied, Granted, Verdict, Verdicts
from verification.verify import Verifier

_KEY_OCTETS = 32
_ASKS_NOTHING: tuple[str, ...] = ()
_STALE = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)
_REPLAYED = Verdicts(facts=Verdict.FAIL)


class Journal(Protocol):
    """Where decisions go: the outbox."""

    def append(self, kind: str, facts: Mapping[str, JsonScalar], at: datetime) -> int:
        """Keep an event for good before this returns; return its place."""
        ...


class OfflineJudge:
    """Asks cards and decides. Safe to share between threads.

    Args:
        keeper: has the bundle, and the time.
        config: how cautious to be with an old one.
        journal: keeps each decision.
        random_octets: a cryptographic random source.
        new_id: gives identifiers of decisions.
    """

    def __init__(
        self,
        keeper: BundleKeeper,
        config: OfflineConfig,
        journal: Journal,
        *,
        random_octets: Callable[[int], bytes],
        new_id: Callable[[], str],
    ) -> None:
        self._keeper, self.config, self._journal = keeper, config, journal
        self._random_octets, self._new_id = random_octets, new_id
        self._challenges = SealedChallenges(random_octets(_KEY_OCTETS), _SpentInMemory())

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        """Return a question to put to a card.

        Raises:
            VerificationError: STATUS_STALE, there is no bundle or it has ended.
        """
        at = self._keeper.time.now()
        bundle = self._bundle(at)
        question = open_challenge(
            nonce=self._random_octets(NONCE_OCTETS),
            relying_party=relying_party,
            service=service,
            agent=bundle.manifest.agent,
            level=level,
            at=at,
        )
        challenge = self._challenges.issue(question)
        return ChallengeMessage(challenge.nonce, message_of(challenge), challenge.expires_at)

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        """Decide on a card's answer.

        Raises:
            VerificationError: STATUS_STALE, the bundle has ended.
            CardsvcError: the decision can't be kept.
        """
        at = self._keeper.time.now()
        bundle = self._bundle(at)
        agent = bundle.manifest.agent
        unverified = replace(unverified, agent=agent, asked=_ASKS_NOTHING)
        log = _OfflineLog(self._journal, bundle, certain=self._keeper.time.is_certain)
        desk = DecisionDesk(
            issuer=agent,
            verifier=Verifier(self._challenges, bundle, bundle.trusted),
            policies=BundlePolicies(bundle),
            receipts=dict.fromkeys(Realm, _UnsignedReceipts()),
            log=log,
        )
        challenge, decision = judge(desk, unverified, at)
        if challenge is not None and not self._challenges.spend(challenge):
            decision = Denied((ReasonCode.CHALLENGE_UNKNOWN,), _REPLAYED, at)
        if challenge is not None and isinstance(decision, Granted):
            age = max(at - bundle.manifest.issued_at, timedelta())
            decision = _caution(decision, self.config.caution(challenge.service, age))
        settled = conclude(desk, self._new_id(), unverified, challenge, decision)
        return _message(settled.decision, settled.receipt)

    def _bundle(self, at: datetime) -> Bundle:
        bundle = self._keeper.bundle
        if bundle is None:
            raise VerificationError(ReasonCode.STATUS_STALE, "there is no bundle yet")
        if at >= bundle.manifest.not_after:
            raise VerificationError(ReasonCode.STATUS_STALE, "the bundle has ended")
        return bundle


def _caution(granted: Granted, caution: Caution) -> Decision:
    """Return a grant, or what an old bundle makes of it."""
    reasons: tuple[ReasonCode, ...]
    match caution:
        case Caution.ALLOW:
            return granted
        case Caution.PIN if granted.level >= AssuranceLevel.X2:
            return granted
        case Caution.PIN:
            reasons = (ReasonCode.LEVEL_TOO_LOW, ReasonCode.STATUS_STALE)
        case Caution.GUARD:
            reasons = (ReasonCode.GUARD_NEEDED, ReasonCode.STATUS_STALE)
        case Caution.DENY:
            reasons = (ReasonCode.STATUS_STALE,)
    return Denied(
        reasons, _STALE, granted.at, granted.guid, granted.level, granted.policy, granted.trace
    )


def _message(decision: Decision, receipt: str) -> DecisionMessage:
    match decision:
        case Granted(card):
            return DecisionMessage(
                granted=True,
                code="granted",
                level=card.level.name,
                holder_name=None,
                message_vi="Thẻ hợp lệ.",
                message_en="The card is valid.",
                receipt=receipt,
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
                receipt=receipt,
            )


class _SpentInMemory:
    """Nonces that were answered; a restart forgets the key that they were sealed with, too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[bytes, datetime] = {}

    def spend(self, challenge: Challenge) -> bool:
        """Keep a challenge's nonce; True for exactly one of any number of callers."""
        with self._lock:
            if challenge.nonce in self._spent:
                return False
            over = challenge.expires_at - timedelta(minutes=10)
            self._spent = {nonce: ends for nonce, ends in self._spent.items() if ends >= over}
            self._spent[challenge.nonce] = challenge.expires_at
            return True


class _UnsignedReceipts:
    """Names the decision; what stands behind it is the outbox's chain of hashes."""

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the decision's name."""
        return f"offline:{claims['jti']}"


class _OfflineLog:
    """Puts a decision into the outbox. Implements ``verification.ports.DecisionLog``."""

    def __init__(self, journal: Journal, bundle: Bundle, *, certain: bool) -> None:
        self._journal, self._bundle, self._certain = journal, bundle, certain

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        """Append one decision; its challenge was spent before."""
        del answered
        manifest = self._bundle.manifest
        kept = OfflineDecision(
            id=decision.id,
            at=decision.at,
            relying_party=decision.relying_party or manifest.relying_party,
            service=decision.service or "?",
            granted=decision.granted,
            level=None if decision.level is None else decision.level.name,
            reasons=decision.reasons,
            guid=decision.guid,
            policy_version=decision.policy_version,
            rule=decision.rule,
            bundle_seq=manifest.seq,
            bundle_at=manifest.issued_at,
            time_certain=self._certain,
        )
        self._journal.append(DECIDED_OFFLINE, kept.facts(), decision.at)
        return True

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        """Append decisions, one after the other."""
        return [self.record(decision, answered) for decision, answered in decisions]
