"""What a kiosk tells the other parts of the agent."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import ReasonCode
from reader_agent.run.happenings import Happening


@dataclass(frozen=True, slots=True)
class HelpCalled(Happening):
    """Somebody at the kiosk wants an officer.

    Args:
        about: what the person came for: a service, ``change_pin``, …; empty where nothing was
            chosen.
        reason: what went wrong, where something did.
    """

    about: str
    reason: ReasonCode | None
