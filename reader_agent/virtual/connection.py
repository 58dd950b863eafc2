"""A virtual reader inside this process: no pcscd, no system packages."""

from __future__ import annotations

from cardsvc.errors import CardError, ReasonCode

from .card import PoweredCard


class InProcessConnection:
    """A ``CardConnection`` to a card in a ``VirtualReader``."""

    def __init__(self, reader: VirtualReader, card: PoweredCard) -> None:
        self._reader = reader
        self._card: PoweredCard | None = card
        self._atr = card.atr

    @property
    def atr(self) -> bytes:
        """The answer to reset that the card gave when it was connected."""
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        """Send one APDU's octets.

        Raises:
            CardError: removed, reset by someone else, or closed.
        """
        if self._card is None:
            raise CardError(ReasonCode.CARD_REMOVED, "the connection is closed")
        self._reader.check(self, self._card)
        return self._card.transmit(command)

    def close(self) -> None:
        """Power the card down; closing twice is harmless."""
        card, self._card = self._card, None
        if card is not None:
            self._reader.released(self, card)


class VirtualReader:
    """A reader in which cards are inserted and removed on command.

    Args:
        name: as it is shown to people.
    """

    def __init__(self, name: str, card: PoweredCard | None = None) -> None:
        self.name = name
        self._card = card
        self._connection: InProcessConnection | None = None

    @property
    def card(self) -> PoweredCard | None:
        """The card in the reader, if any."""
        return self._card

    def insert(self, card: PoweredCard) -> None:
        """Put a card in, instead of the one that may be there."""
        self.remove()
        self._card = card

    def remove(self) -> None:
        """Take the card out; harmless where there is none."""
        card, self._card = self._card, None
        self._connection = None
        if card is not None:
            card.power_off()

    def connect(self) -> InProcessConnection:
        """Reset the card and connect; an earlier connection finds its card reset.

        Raises:
            CardError: there is no card.
        """
        if self._card is None:
            raise CardError(ReasonCode.NO_CARD, f"no card in {self.name}")
        self._card.power_on()
        self._connection = InProcessConnection(self, self._card)
        return self._connection

    def check(self, connection: InProcessConnection, card: PoweredCard) -> None:
        """Make sure that a connection still has its card.

        Raises:
            CardError: removed, or reset by a later connection.
        """
        if self._card is not card:
            raise CardError(ReasonCode.CARD_REMOVED, f"the card left {self.name}")
        if self._connection is not connection:
            raise CardError(ReasonCode.CARD_RESET, "the card was reset by another connection")

    def released(self, connection: InProcessConnection, card: PoweredCard) -> None:
        """Power the card down when its last connection lets go."""
        if self._connection is connection:
            self._connection = None
            card.power_off()


def connect_in_process(card: PoweredCard, reader_name: str = "virtual") -> InProcessConnection:
    """Return a connection to a card in a reader of its own."""
    return VirtualReader(reader_name, card).connect()
