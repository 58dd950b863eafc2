"""Sessions: who is at the other end, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.access_records import Operator
from cardsvc.session_records import OperatorSession, SessionStage
from web.operators.ports import Operators, Sessions
from web.operators.sign_in import token_sha256

_FOR_THE_CODE = timedelta(minutes=10)
"""From the password to the second factor."""
_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known: one write a minute, not one a page."""
_MAX_TOKEN_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long sessions last.

    Args:
        idle: without a request.
        longest: however busy.
        proof: how long a shown second factor is good for grave acts.
    """

    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=12)
    proof: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An operator with a session that holds.

    Args:
        operator: who.
        session: by which session.
    """

    operator: Operator
    session: OperatorSession

    @property
    def is_open(self) -> bool:
        """Whether both factors were given."""
        return self.session.stage is SessionStage.OPEN


class SessionDesk:
    """Tells whose a session is and ends sessions."""

    def __init__(self, operators: Operators, sessions: Sessions, rules: SessionRules) -> None:
        self._operators = operators
        self._sessions = sessions
        self.rules = rules

    def find(self, token: str, at: datetime) -> SignedIn | None:
        """Return whose session a token opens, None where it holds no longer."""
        if not 0 < len(token) <= _MAX_TOKEN_CHARACTERS:
            return None
        session = self._sessions.find(token_sha256(token))
        if session is None or not self._holds(session, at):
            return None
        operator = self._operators.find(session.operator_id)
        if operator is None or not operator.enabled:
            return None
        if at - session.seen_at >= _NOTED_EVERY:
            self._sessions.seen(session.token_sha256, at)
        return SignedIn(operator, session)

    def is_proved(self, session: OperatorSession, at: datetime) -> bool:
        """Tell whether the second factor was shown lately enough for a grave act."""
        return session.proved_at is not None and at - session.proved_at <= self.rules.proof

    def of_operator(self, operator_id: str, at: datetime) -> Sequence[OperatorSession]:
        """Return an operator's sessions that hold, newest first."""
        found = self._sessions.of_operator(operator_id)
        return [one for one in found if one.stage is SessionStage.OPEN and self._holds(one, at)]

    def end(self, session: OperatorSession, at: datetime) -> None:
        """End a session."""
        self._sessions.end(session.token_sha256, at)

    def end_others(self, session: OperatorSession, at: datetime) -> int:
        """End the operator's other sessions; return how many there were."""
        who = session.operator_id
        return self._sessions.end_all(who, by=who, at=at, but=session.token_sha256)

    def _holds(self, session: OperatorSession, at: datetime) -> bool:
        if session.stage is SessionStage.PASSWORD_GIVEN:
            return at - session.created_at <= _FOR_THE_CODE
        return (
            at - session.seen_at <= self.rules.idle + _NOTED_EVERY
            and at - session.created_at <= self.rules.longest
        )
