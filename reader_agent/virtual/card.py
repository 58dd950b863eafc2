"""A virtual card as a reader sees it: power, reset, APDUs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol

from cardsvc.errors import CardError, ReasonCode

from .applet import PivApplet
from .core import StateStore
from .state import CardState


class PoweredCard(Protocol):
    """What a reader does with a card; fault decorators wrap it."""

    @property
    def atr(self) -> bytes:
        """The answer to reset (ISO/IEC 7816-3 section 8)."""
        ...

    def power_on(self) -> None:
        """Give power, or reset where there is power already."""
        ...

    def power_off(self) -> None:
        """Take power away; harmless without."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Answer one APDU.

        Raises:
            CardError: the card has no power or is no longer there.
        """
        ...


class VirtualCard:
    """A PIV card without plastic.

    Args:
        state: what it remembers; owned by the card from here on.
        store: where changes go; None keeps them in this object, past power-off.
        random_octets: source of its challenges.
    """

    def __init__(
        self,
        state: CardState,
        store: StateStore | None = None,
        random_octets: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._applet = PivApplet(state, store, random_octets)
        self._powered = False

    @property
    def state(self) -> CardState:
        """What the card remembers now."""
        return self._applet.state

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._applet.state.atr

    def power_on(self) -> None:
        """Start, or start again, with nothing selected or authenticated."""
        self._applet.reset()
        self._powered = True

    def power_off(self) -> None:
        """Lose all but the lasting state."""
        self._applet.reset()
        self._powered = False

    def transmit(self, command: bytes) -> bytes:
        """Answer one APDU; any octets get a well-formed response.

        Raises:
            CardError: no power.
        """
        if not self._powered:
            raise CardError(ReasonCode.CARD_REMOVED, "the virtual card has no power")
        return self._applet.process(command)
