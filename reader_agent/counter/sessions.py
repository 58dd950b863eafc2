"""A session at the counter, as a tap's judge: chip, PIN and the officer's photo match in one.

Spec: docs/api.md, "A session at a counter".
"""

from __future__ import annotations

from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.client import ServiceClient
from verification.presentation import UnverifiedPresentation


class SessionJudge:
    """Asks and decides within one session. Implements ``reader_agent.run.taps.Judge``.

    Args:
        client: the service.
        session_id: of an open session of ours.
    """

    def __init__(self, client: ServiceClient, session_id: str) -> None:
        self._client = client
        self._id = session_id

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        """Ask for a question to the session's card; the session knows for whom and what."""
        del relying_party, service
        return self._client.session_challenge(self._id, level)

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        """Bring the card's answer."""
        return self._client.session_present(self._id, unverified)
