"""How the holder's PIN gets to the card: typed here, or on the reader's own pad."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

from cardsvc.card.commands import pin_status
from cardsvc.card.connection import CardConnection
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from reader_agent.pin_pad import find_pin_pad

PinSource = Callable[[int | None], str]
"""Asks the holder for the PIN, given the tries left where the card tells; runs at the agent."""

Around = Callable[[int | None], AbstractContextManager[None]]
"""Is entered while the pad waits, given the tries left where the card tells."""


class PinAtReader:
    """The holder types at the reader, once for each connection.

    Args:
        around: is entered while the pad waits, to tell the holder where to type.
    """

    def __init__(self, around: Around = lambda _: nullcontext()) -> None:
        self.around = around
        self._verified: CardConnection | None = None

    def present(self, session: PivSession) -> None:
        """Have the PIN typed and judged; not again where this has been done and still counts.

        Selecting the application a second time leaves the PIN verified (SP 800-73-5 Part 2
        section 3.1.1). What somebody else has verified before us does not count.

        Raises:
            WrongPin: it does not match, or it is blocked.
            CardError: the reader has no pad (any more), nothing was typed, or the card is gone.
        """
        status = session.send(pin_status()).status
        connection = session.transport.connection
        if self._verified is connection and status.ok:
            return
        pad = find_pin_pad(connection)
        if pad is None:
            raise CardError(ReasonCode.READER_FAILED, "the reader has no PIN pad")
        with self.around(status.tries_left):
            pad.verify_pin()
        self._verified = connection


PinEntry: TypeAlias = PinSource | PinAtReader


def present_pin(session: PivSession, entry: PinEntry) -> None:
    """Bring the holder's PIN to the card.

    Raises:
        WrongPin: it does not match, or it is blocked.
        CardError: not a PIN's form, nothing was typed, or the card is gone.
    """
    if isinstance(entry, PinAtReader):
        entry.present(session)
    else:
        session.verify_pin(entry(session.pin_tries_left()))
