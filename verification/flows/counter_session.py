"""A session at a counter: open it, let the card prove more and more, confirm the photo, close.

Each step is a decision with a receipt of its own that names the session, the step and the receipt
before it, so that who holds the last one can show that none was taken out.

1. The session is there, and the caller's         SESSION_UNKNOWN
2. It is open, in time, and has steps left        SESSION_ENDED
3. The answer is to the session's open question   CHALLENGE_MISBOUND
4. The presentation holds                         as in ``verify.verify_presentation``
5. It is the card of the steps before             SESSION_OTHER_CARD
6. The policy serves it                           as in ``grant.apply_policy``
7. Nobody answered before or meanwhile            CHALLENGE_UNKNOWN
8. For X3: the session proved X2                  SESSION_LEVEL_MISSING
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.access_records import require_identifier
from cardsvc.counter_records import SESSION_LIFETIME, CounterSession
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.service_records import NONCE_OCTETS, Challenge
from cardsvc.terms import AssuranceLevel
from verification.challenge import open_challenge
from verification.decide import DecisionDesk, Settled, conclude, judge, record_of, sign
from verification.flows.ports import CounterSessions
from verification.policy.find import find_policy
from verification.presentation import UnverifiedPresentation
from verification.release.grant import apply_policy
from verification.verdict import Decision, Denied, Granted, Verdict, Verdicts, VerifiedCard
from verification.verify import StatusRefused, check_state

_FACTS_FAILED = Verdicts(facts=Verdict.FAIL)
_STATUS_FAILED = Verdicts(facts=Verdict.PASS, status=Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who works at the counter.

    Args:
        agent: the name under which its readers answer.
        relying_party: the partner, where a partner calls; None where an agent does.
        request_id: the name of the request.
    """

    agent: str
    relying_party: str | None = None
    request_id: str | None = None

    def owns(self, session: CounterSession) -> bool:
        """Tell whether a session is this caller's: the partner's own, or opened for the agent."""
        return session.relying_party == self.relying_party or session.agent == self.agent


@dataclass(frozen=True, slots=True)
class PhotoMatch:
    """An officer saw that the person is the one in the photo.

    Args:
        officer: the officer's identifier at the counter's agency; on the receipt.
        asked: the attributes that the partner asks for; None for all that the policy allows it.
    """

    officer: str
    asked: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SessionDesk:
    """Runs sessions.

    Args:
        desk: the ports of a decision.
        sessions: keeps them.
        random_octets: a cryptographic random source.
    """

    desk: DecisionDesk
    sessions: CounterSessions
    random_octets: Callable[[int], bytes]

    def open(
        self, caller: Caller, *, relying_party: str, service: str, agent: str, at: datetime
    ) -> CounterSession:
        """Open a session.

        Args:
            caller: who opens it; a partner for itself only.
            relying_party: the partner.
            service: its service.
            agent: who may put questions to the card.
            at: the instant.

        Raises:
            CardsvcError: another partner's (ACCESS_DENIED), or no such service.
        """
        if caller.relying_party not in {None, relying_party}:
            raise CardsvcError(ReasonCode.ACCESS_DENIED, "another partner's service")
        policy = find_policy(self.desk.policies, relying_party, service, at)
        if isinstance(policy, ReasonCode):
            raise CardsvcError(policy)
        number = uuid.UUID(bytes=self.random_octets(16), version=4)
        expires_at = at + SESSION_LIFETIME
        session = CounterSession(str(number), relying_party, service, agent, at, expires_at)
        self.sessions.add(session, actor=caller.agent)
        return session

    def find(self, session_id: str, caller: Caller) -> CounterSession:
        """Return a session of the caller's.

        Raises:
            CardsvcError: SESSION_UNKNOWN; another caller's is told from none by nobody.
        """
        found = self.sessions.find(session_id) if _is_uuid(session_id) else None
        if found is None or not caller.owns(found):
            raise CardsvcError(ReasonCode.SESSION_UNKNOWN, "no such session")
        return found

    def ask(
        self, session_id: str, caller: Caller, level: AssuranceLevel, at: datetime
    ) -> Challenge:
        """Put a question to the card; one that was open before can be answered no more.

        Raises:
            CardsvcError: SESSION_UNKNOWN, SESSION_ENDED; CONCURRENT_CHANGE where a step came first.
        """
        session = self._open_session(session_id, caller, at)
        question = open_challenge(
            nonce=self.random_octets(NONCE_OCTETS),
            relying_party=session.relying_party,
            service=session.service,
            agent=session.agent,
            level=level,
            at=at,
        )
        issued = self.desk.verifier.challenges.issue(question)
        if not self.sessions.ask(session, hashlib.sha256(issued.nonce).digest()):
            raise CardsvcError(ReasonCode.CONCURRENT_CHANGE, "the session has moved on")
        return issued

    def answer(
        self,
        session_id: str,
        caller: Caller,
        unverified: UnverifiedPresentation,
        *,
        decision_id: str,
        at: datetime,
    ) -> Settled:
        """Decide the card's answer as the next step.

        Raises:
            CardsvcError: SESSION_UNKNOWN, SESSION_ENDED; or a port failed.
        """
        session = self._open_session(session_id, caller, at)
        challenge, decision = self._judge(session, unverified, at)
        after = _after(session, decision, unverified.consent)
        settled = sign(self.desk, decision_id, challenge, decision, _link(session))
        after = _chained(after, settled)
        answered = None if challenge is None or _is_misbound(session, challenge) else challenge
        if self.sessions.advance(after, record_of(settled, unverified), answered):
            return settled
        denied = Denied((ReasonCode.CHALLENGE_UNKNOWN,), _FACTS_FAILED, at)
        return conclude(self.desk, decision_id, unverified, None, denied)

    def confirm_photo(
        self,
        session_id: str,
        caller: Caller,
        match: PhotoMatch,
        *,
        decision_id: str,
        at: datetime,
    ) -> Settled:
        """Decide at X3: a named officer matched the photo of the person whose PIN was typed.

        Raises:
            CardsvcError: SESSION_UNKNOWN, SESSION_ENDED, SESSION_LEVEL_MISSING;
                CONCURRENT_CHANGE where another step came first.
            Malformed: the officer is no identifier.
        """
        require_identifier(match.officer)
        session = self.proven(session_id, caller, at)
        decision = self.judge_match(session, match.asked, at)
        level, empty = AssuranceLevel.X3, b""
        question = Challenge(
            empty, session.relying_party, session.service, session.agent, level, session.expires_at
        )
        more = _link(session) | {"officer": match.officer}
        settled = sign(self.desk, decision_id, question, decision, more)
        after = _chained(_after(session, decision, session.consent), settled)
        record = record_of(settled, caller)
        if not self.sessions.advance(after, record, None, match.officer):
            raise CardsvcError(ReasonCode.CONCURRENT_CHANGE, "the session has moved on")
        return settled

    def close(self, session_id: str, caller: Caller, at: datetime) -> CounterSession:
        """Close a session; closing it again does nothing.

        Raises:
            CardsvcError: SESSION_UNKNOWN.
        """
        session = self.find(session_id, caller)
        self.sessions.close(session, actor=caller.agent, at=at)
        return self.find(session_id, caller)

    def proven(self, session_id: str, caller: Caller, at: datetime) -> CounterSession:
        """Return an open session whose holder has proven the PIN.

        Raises:
            CardsvcError: SESSION_UNKNOWN, SESSION_ENDED, SESSION_LEVEL_MISSING.
        """
        session = self._open_session(session_id, caller, at)
        if session.guid is None or session.level is None or session.level < AssuranceLevel.X2:
            raise CardsvcError(ReasonCode.SESSION_LEVEL_MISSING, "the PIN was not proven")
        return session

    def _open_session(self, session_id: str, caller: Caller, at: datetime) -> CounterSession:
        session = self.find(session_id, caller)
        if not session.is_open(at):
            raise CardsvcError(ReasonCode.SESSION_ENDED, "closed, expired or out of steps")
        return session

    def _judge(
        self, session: CounterSession, unverified: UnverifiedPresentation, at: datetime
    ) -> tuple[Challenge | None, Decision]:
        challenge, decision = judge(self.desk, unverified, at)
        if challenge is not None and _is_misbound(session, challenge):
            return challenge, Denied((ReasonCode.CHALLENGE_MISBOUND,), _FACTS_FAILED, at)
        if None not in (session.guid, decision.guid) and session.guid != decision.guid:
            other = (ReasonCode.SESSION_OTHER_CARD,)
            return challenge, Denied(other, _FACTS_FAILED, at, decision.guid, decision.level)
        return challenge, decision

    def judge_match(
        self, session: CounterSession, asked: tuple[str, ...] | None, at: datetime
    ) -> Decision:
        """Return what comes of a photo that matches; nothing is signed or on record by that.

        Record and policy are asked anew: the card may have been withdrawn since its PIN was typed.

        Args:
            session: of ``proven``.
            asked: the attributes that the partner asks for; None for all that the policy allows it.
            at: the instant.
        """
        policy = find_policy(self.desk.policies, session.relying_party, session.service, at)
        if isinstance(policy, ReasonCode):
            return Denied((policy,), Verdicts(policy=Verdict.FAIL), at)
        guid, level = session.guid, AssuranceLevel.X3
        record = None if guid is None else self.desk.verifier.cards.find(guid)
        if guid is None or record is None:
            return Denied((ReasonCode.CARD_UNKNOWN,), _FACTS_FAILED, at, policy=policy)
        try:
            check_state(record, guid, CardState.ACTIVE, at, level=level)
        except StatusRefused as error:
            return Denied((error.reason,), _STATUS_FAILED, at, guid, level, policy)
        return apply_policy(
            policy,
            self.desk.sources,
            VerifiedCard(guid, record.card.card_type, level, record, at),
            agent=session.agent,
            unverified_asked=asked,
            unverified_consent=session.consent,
            at=at,
        )


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _is_misbound(session: CounterSession, challenge: Challenge) -> bool:
    return hashlib.sha256(challenge.nonce).digest() != session.question_sha256


def _after(session: CounterSession, decision: Decision, consent: str | None) -> CounterSession:
    """Return the session after a step; only a card that proved itself moves it."""
    stepped = replace(session, steps=session.steps + 1, question_sha256=None)
    proven = isinstance(decision, Granted) or decision.trace is not None
    level = decision.level
    if not proven or level is None:
        return stepped
    highest = level if session.level is None else max(level, session.level)
    agreed = consent if level >= AssuranceLevel.X2 else session.consent
    return replace(stepped, guid=decision.guid, level=highest, consent=agreed)


def _link(session: CounterSession) -> dict[str, object]:
    """Return what a step's receipt says of the session."""
    link: dict[str, object] = {"id": session.id, "step": session.steps + 1}
    if session.receipt_sha256 is not None:
        link["previous_sha256"] = session.receipt_sha256
    return {"session": link}


def _chained(after: CounterSession, settled: Settled) -> CounterSession:
    digest = hashlib.sha256(settled.receipt.encode("ascii")).hexdigest()
    return replace(after, receipt_sha256=digest)
