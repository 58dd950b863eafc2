"""The holder's portrait for the officer who is to match it, before the decision at X3 is made.

A service that grants at X3 only can't have released it yet. So the policy is asked what comes of a
photo that matches, and the portrait is handed over where that would be granted, and release it.

1. The session is open, the caller's, and proved X2   as in ``counter_session``
2. The match is still to come                         PORTRAIT_NOT_RELEASED
3. It would be granted, and release a portrait        PORTRAIT_NOT_RELEASED
4. There is a picture                                 PORTRAIT_UNKNOWN
5. The log has taken down who gets it and what for    else the fault travels up
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.terms import AssuranceLevel
from verification.flows.counter_session import Caller, SessionDesk
from verification.release.attributes import Attribute
from verification.release.portrait import PortraitRelease, Portraits
from verification.verdict import Granted


@dataclass(frozen=True, slots=True)
class SessionPortraits:
    """Hands portraits over to officers.

    Args:
        sessions: at counters.
        portraits: of cards' holders.
    """

    sessions: SessionDesk
    portraits: Portraits

    def hand_over(self, session_id: str, caller: Caller, at: datetime) -> bytes:
        """Return the portrait that an officer is to match.

        Args:
            session_id: of the session.
            caller: who works at the counter.
            at: the instant.

        Returns:
            A JPEG.

        Raises:
            CardsvcError: SESSION_UNKNOWN, SESSION_ENDED, SESSION_LEVEL_MISSING,
                PORTRAIT_NOT_RELEASED or PORTRAIT_UNKNOWN; or a port failed.
        """
        session = self.sessions.proven(session_id, caller, at)
        if session.level is AssuranceLevel.X3:
            raise VerificationError(ReasonCode.PORTRAIT_NOT_RELEASED, "the photo was matched")
        decision = self.sessions.judge_match(session, None, at)
        if not isinstance(decision, Granted) or not decision.release.values.get(Attribute.PORTRAIT):
            raise VerificationError(ReasonCode.PORTRAIT_NOT_RELEASED, "a match would show no photo")
        purpose = None if decision.trace is None else decision.trace.purpose
        to = PortraitRelease(
            session.id, caller.agent, session.relying_party, session.service, purpose
        )
        return self.portraits.release(decision.card.guid, to, at)
