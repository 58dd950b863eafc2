"""The only file that touches PC/SC (pyscard's scard layer).

pyscard's own monitor threads die with pcscd; this keeps to the plain calls, opens a new context
after any service error, and puts a bound on every call that may block.
Spec: PC/SC Workgroup part 5 (resource manager); pcsc-lite's winscard API.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from smartcard import scard

from cardsvc.errors import CardError, ReasonCode

PNP_NOTIFICATION = "\\\\?PnP?\\Notification"
"""The pseudo-reader whose state changes when readers come or go."""
OPEN_TIMEOUT_SECONDS = 5.0
"""SCardConnect and SCardBeginTransaction block while another program holds the card."""
_BUSY_RETRY_SECONDS = 0.02

STATE_UNAWARE = scard.SCARD_STATE_UNAWARE
STATE_PRESENT = scard.SCARD_STATE_PRESENT
STATE_EMPTY = scard.SCARD_STATE_EMPTY
STATE_MUTE = scard.SCARD_STATE_MUTE
STATE_UNKNOWN = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE

_REASONS = {
    scard.SCARD_W_REMOVED_CARD: ReasonCode.CARD_REMOVED,
    scard.SCARD_E_NO_SMARTCARD: ReasonCode.NO_CARD,
    scard.SCARD_W_RESET_CARD: ReasonCode.CARD_RESET,
    scard.SCARD_W_UNPOWERED_CARD: ReasonCode.CARD_SILENT,
    scard.SCARD_W_UNRESPONSIVE_CARD: ReasonCode.CARD_SILENT,
    scard.SCARD_E_CARD_UNSUPPORTED: ReasonCode.CARD_SILENT,
    scard.SCARD_E_PROTO_MISMATCH: ReasonCode.CARD_SILENT,
    scard.SCARD_W_SECURITY_VIOLATION: ReasonCode.ACCESS_DENIED,
    scard.SCARD_E_SHARING_VIOLATION: ReasonCode.READER_BUSY,
    scard.SCARD_E_UNKNOWN_READER: ReasonCode.NO_READER,
    scard.SCARD_E_READER_UNAVAILABLE: ReasonCode.NO_READER,
    scard.SCARD_E_NO_READERS_AVAILABLE: ReasonCode.NO_READER,
    scard.SCARD_E_NO_SERVICE: ReasonCode.SERVICE_UNAVAILABLE,
    scard.SCARD_E_SERVICE_STOPPED: ReasonCode.SERVICE_UNAVAILABLE,
    scard.SCARD_E_INVALID_HANDLE: ReasonCode.SERVICE_UNAVAILABLE,
    scard.SCARD_F_COMM_ERROR: ReasonCode.SERVICE_UNAVAILABLE,
}

_REASONS = {code & 0xFFFFFFFF: reason for code, reason in _REASONS.items()}

_T = TypeVar("_T")


class PcscError(CardError):
    """A PC/SC call failed; ``code`` is its unsigned 32-bit result."""

    def __init__(self, result: int, call: str) -> None:
        code = result & 0xFFFFFFFF
        reason = _REASONS.get(code, ReasonCode.READER_FAILED)
        super().__init__(reason, f"{call}: {code:08X}")
        self.code = code


def _is(result: int, code: int) -> bool:
    """Compare results as 32 bits: platforms differ in how they widen the sign."""
    return result & 0xFFFFFFFF == code & 0xFFFFFFFF


def _check(result: int, call: str) -> None:
    if result != scard.SCARD_S_SUCCESS:
        raise PcscError(result, call)


def _bounded(call: Callable[[], _T], seconds: float, what: str) -> _T:
    """Run a call that may block for ever; give it up after ``seconds``.

    The thread that is given up stays behind until the driver lets go of it: it is a daemon,
    holds nothing that we use again, and the reader is reported as busy.
    """
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            failure.append(error)

    worker = threading.Thread(target=run, name=f"pcsc-{what}", daemon=True)
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        raise CardError(ReasonCode.READER_BUSY, f"{what} did not return in {seconds:g} s")
    if failure:
        raise failure[0]
    return outcome[0]


class PcscContext:
    """A resource-manager context; one thread at a time."""

    def __init__(self) -> None:
        result, self._handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(result, "SCardEstablishContext")

    @property
    def handle(self) -> Any:
        """The context handle, opaque."""
        return self._handle

    def list_readers(self) -> list[str]:
        """Return the readers' names, none being an empty list.

        Raises:
            PcscError: the service is gone.
        """
        result, names = scard.SCardListReaders(self._handle, [])
        if _is(result, scard.SCARD_E_NO_READERS_AVAILABLE):
            return []
        _check(result, "SCardListReaders")
        return list(names)

    def status_change(
        self, states: list[tuple[str, int]], timeout_seconds: float
    ) -> list[tuple[str, int, bytes]]:
        """Wait until a reader's state differs from the one given, or the time is over.

        Args:
            states: reader name and the state last seen.
            timeout_seconds: 0 returns at once.

        Returns:
            Name, state bits (with the event counter in the upper half) and ATR; the states
            as given where the time ran out.
        """
        milliseconds = max(0, int(timeout_seconds * 1000))
        result, changed = scard.SCardGetStatusChange(self._handle, milliseconds, states)
        if _is(result, scard.SCARD_E_TIMEOUT):
            return []
        _check(result, "SCardGetStatusChange")
        return [(name, state, bytes(atr)) for name, state, atr in changed]

    def release(self) -> None:
        """Give the context back; harmless where the service is already gone."""
        scard.SCardReleaseContext(self._handle)


class PcscConnection:
    """A card in a PC/SC reader, shared, held in one transaction from open to close.

    Implements ``cardsvc.card.connection.CardConnection``.
    """

    def __init__(self, reader: str, *, open_timeout_seconds: float = OPEN_TIMEOUT_SECONDS) -> None:
        self.reader = reader
        self._context = PcscContext()
        try:
            self._card, self._protocol, self._atr = _bounded(
                lambda: _connect(self._context, reader, open_timeout_seconds),
                open_timeout_seconds + 0.5,
                "connect",
            )
        except BaseException:
            self._context.release()
            raise
        self._open = True

    @property
    def atr(self) -> bytes:
        """The answer to reset, as the reader gave it."""
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        """Send one APDU.

        Raises:
            CardError: removed, reset by another program, silent, or the service is gone.
        """
        result, response = scard.SCardTransmit(self._card, self._protocol, list(command))
        if result != scard.SCARD_S_SUCCESS:
            raise self._explain(result)
        if len(response) < 2:
            # Some drivers report success without an answer when the card leaves in mid-command.
            raise self._explain(scard.SCARD_E_NOT_TRANSACTED)
        return bytes(response)

    def _explain(self, result: int) -> CardError:
        """Tell a removed card from a failing reader: drivers say "not transacted" for both."""
        error = PcscError(result, "SCardTransmit")
        if error.reason is not ReasonCode.READER_FAILED:
            return error
        try:
            seen = self._context.status_change([(self.reader, STATE_UNAWARE)], 0)
        except CardError:
            return error
        if any(state & STATE_EMPTY for _, state, _ in seen):
            return CardError(ReasonCode.CARD_REMOVED, str(error))
        return error

    def close(self) -> None:
        """Reset the card, so that no verified PIN stays behind, and let it go."""
        if not self._open:
            return
        self._open = False
        scard.SCardEndTransaction(self._card, scard.SCARD_RESET_CARD)
        scard.SCardDisconnect(self._card, scard.SCARD_LEAVE_CARD)
        self._context.release()


def _connect(context: PcscContext, reader: str, timeout_seconds: float) -> tuple[Any, int, bytes]:
    deadline = time.monotonic() + timeout_seconds
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    while True:
        result, card, protocol = scard.SCardConnect(
            context.handle, reader, scard.SCARD_SHARE_SHARED, protocols
        )
        busy = _is(result, scard.SCARD_E_SHARING_VIOLATION)
        if not busy or time.monotonic() > deadline:
            break
        time.sleep(_BUSY_RETRY_SECONDS)
    _check(result, "SCardConnect")
    try:
        _begin_transaction(card, protocols)
        result, _, _, protocol, atr = scard.SCardStatus(card)
        _check(result, "SCardStatus")
    except CardError:
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        raise
    return card, protocol, bytes(atr)


def _begin_transaction(card: Any, protocols: int) -> None:
    """Begin a transaction; where another program reset the card, reconnect first, once."""
    result = scard.SCardBeginTransaction(card)
    if _is(result, scard.SCARD_W_RESET_CARD):
        result, _ = scard.SCardReconnect(
            card, scard.SCARD_SHARE_SHARED, protocols, scard.SCARD_LEAVE_CARD
        )
        _check(result, "SCardReconnect")
        result = scard.SCardBeginTransaction(card)
    _check(result, "SCardBeginTransaction")


def list_readers() -> list[str]:
    """Return the names of the PC/SC readers.

    Raises:
        PcscError: there is no PC/SC service.
    """
    context = PcscContext()
    try:
        return context.list_readers()
    finally:
        context.release()


def find_reader(wanted: str) -> str:
    """Return the one reader whose name is, or contains, ``wanted``.

    Raises:
        CardError: none does, or several do.
    """
    names = list_readers()
    if wanted in names:
        return wanted
    matching = [name for name in names if wanted.lower() in name.lower()]
    if len(matching) != 1:
        what = "no reader" if not matching else f"{len(matching)} readers"
        raise CardError(ReasonCode.NO_READER, f"{what} named like {wanted!r}")
    return matching[0]


def open_card(reader: str) -> PcscConnection:
    """Open the card in a reader, by its name or a unique part of it.

    Raises:
        CardError: no such reader, no card in it, or another program keeps it.
    """
    return PcscConnection(find_reader(reader))
