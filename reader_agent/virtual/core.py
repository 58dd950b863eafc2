"""What every command handler works on: lasting state, volatile security status, randomness."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cardsvc.card.apdu import CommandApdu
from cardsvc.card.status import StatusWord

from .state import CardState


class RefusalError(Exception):
    """A command ends with a status word other than 9000; never leaves the applet."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__(str(status))
        self.status = status


def refuse_unless(condition: object, status: StatusWord) -> None:
    """End the command with ``status`` where ``condition`` does not hold.

    Raises:
        RefusalError: always then.
    """
    if not condition:
        raise RefusalError(status)


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """A challenge or witness that the next command must answer.

    Args:
        tag: 80 for a witness (mutual authentication), 81 for a challenge (external).
        plain: what the answer is measured against, one cipher block.
    """

    tag: int
    plain: bytes


class SecurityStatus:
    """What holds only under power (SP 800-73-5 Part 2 section 2.4)."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: power-on, reset."""
        self.selected = False
        self.clear()

    def clear(self) -> None:
        """Forget what was authenticated."""
        self.pin_verified = False
        self.admin = False
        self.pin_just_verified = False
        self.challenge: OpenChallenge | None = None
        self._pin_for_next = False
        self._challenge_for_next: OpenChallenge | None = None

    def next_command(self) -> None:
        """Start a command: what the one before left lasts for this one alone."""
        self.pin_just_verified, self._pin_for_next = self._pin_for_next, False
        self.challenge, self._challenge_for_next = self._challenge_for_next, None

    def pin_presented(self, *, right: bool) -> None:
        """Note the outcome of VERIFY."""
        self.pin_verified = right
        self._pin_for_next = right

    def challenge_given(self, challenge: OpenChallenge) -> None:
        """Await the answer in the very next command."""
        self._challenge_for_next = challenge


class StateStore(Protocol):
    """Where a card's lasting state goes."""

    def save(self, state: CardState) -> None:
        """Keep ``state`` whole or not at all.

        Raises:
            OSError: it could not be written; the old state stands.
        """
        ...


class CardCore:
    """One card's inside.

    Args:
        state: what it remembers.
        store: where that goes at each change; None keeps it in memory.
        random_octets: source of challenges and witnesses.
    """

    def __init__(
        self,
        state: CardState,
        store: StateStore | None = None,
        random_octets: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.state = state
        self.security = SecurityStatus()
        self.random_octets = random_octets
        self._store = store

    def commit(self, draft: CardState) -> None:
        """Make ``draft`` the card's state, first in the store.

        Raises:
            RefusalError: 6581, nothing changed.
        """
        if self._store is not None:
            try:
                self._store.save(draft)
            except OSError as error:
                raise RefusalError(StatusWord.MEMORY_FAILURE) from error
        self.state = draft

    def require_admin(self) -> None:
        """Insist on the management key having been proven.

        Raises:
            RefusalError: 6982.
        """
        refuse_unless(self.security.admin, StatusWord.SECURITY_NOT_SATISFIED)


Handler = Callable[[CardCore, CommandApdu], bytes]
"""One command: returns the response data for 9000, or raises ``RefusalError``."""
