"""The only file that touches PC/SC (pyscard's scard layer).

pyscard's own monitor threads die with pcscd; this keeps to the plain calls, opens a new context
after any service error, and makes every call in a thread that may be left behind: each of them
can block for ever (another program's transaction, a driver, a service that hangs), and even
releasing a context waits for the call that is under way on it.
Spec: PC/SC Workgroup part 5 (resource manager); pcsc-lite's winscard API.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from smartcard import scard

from cardsvc.card.piv import Ins
from cardsvc.errors import CardError, ReasonCode
from reader_agent.bounded import BoundedThread
from reader_agent.pcsc_results import PcscError

PNP_NOTIFICATION = "\\\\?PnP?\\Notification"
"""The pseudo-reader whose state changes when readers come or go."""
OPEN_TIMEOUT_SECONDS = 5.0
"""SCardConnect and SCardBeginTransaction block while another program holds the card."""
TRANSMIT_TIMEOUT_SECONDS = 30.0
"""A bound of ours on one APDU; the slowest signatures of RSA cards stay far below it."""
KEY_GENERATION_TIMEOUT_SECONDS = 300.0
"""The same for GENERATE ASYMMETRIC KEY PAIR: old cards search minutes for RSA primes."""
SERVICE_TIMEOUT_SECONDS = 5.0
"""A service that is started on demand takes seconds; one that hangs takes for ever."""
_CONNECT_SLACK_SECONDS = 0.5
_BUSY_RETRY_SECONDS = 0.02
_REMOVAL_SECONDS = 0.6
"""pcscd looks for removals every 400 ms; until then a driver only says "not transacted"."""
_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1

STATE_UNAWARE = scard.SCARD_STATE_UNAWARE
STATE_PRESENT = scard.SCARD_STATE_PRESENT
STATE_EMPTY = scard.SCARD_STATE_EMPTY
STATE_MUTE = scard.SCARD_STATE_MUTE
STATE_UNKNOWN = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE

_T = TypeVar("_T")


def _is(result: int, code: int) -> bool:
    """Compare results as 32 bits: platforms differ in how they widen the sign."""
    return result & 0xFFFFFFFF == code & 0xFFFFFFFF


def _check(result: int, call: str) -> None:
    if result != scard.SCARD_S_SUCCESS:
        raise PcscError(result, call)


class PcscContext:
    """A resource-manager context, all of whose calls come back in bounded time.

    Args:
        name: what it is used for: the service, or a reader's name. While a call hangs that was
            given up, no other context of that name is opened.
        leftover_seconds: how long to wait for such a call to return.
        late: the reason where it does not.

    Raises:
        CardError: the service is not there (SERVICE_UNAVAILABLE), refuses us (ACCESS_DENIED),
            or hangs (``late``).
    """

    def __init__(
        self,
        name: str = "service",
        *,
        leftover_seconds: float = SERVICE_TIMEOUT_SECONDS,
        late: ReasonCode = ReasonCode.SERVICE_UNAVAILABLE,
    ) -> None:
        self._thread = BoundedThread(name, leftover_seconds, late)
        undo = self._thread.undo
        try:
            self._handle = self._thread.call(
                lambda: _establish(undo),
                SERVICE_TIMEOUT_SECONDS,
                ReasonCode.SERVICE_UNAVAILABLE,
            )
        except BaseException:
            self._thread.close()
            raise

    def run(self, function: Callable[[Any, ExitStack], _T], seconds: float, late: ReasonCode) -> _T:
        """Make PC/SC calls with this context, in its thread.

        Args:
            function: takes the handle, and the stack of what is to be undone at the end.
            seconds: how long to wait; after that the context is lost.
            late: the reason to raise then.

        Raises:
            CardError: whatever ``function`` raises, or ``late``.
        """
        return self._thread.call(lambda: function(self._handle, self._thread.undo), seconds, late)

    def list_readers(self) -> list[str]:
        """Return the readers' names, none being an empty list.

        Raises:
            CardError: the service is gone or hangs.
        """
        return self.run(
            lambda handle, _: _list_readers(handle),
            SERVICE_TIMEOUT_SECONDS,
            ReasonCode.SERVICE_UNAVAILABLE,
        )

    def status_change(
        self, states: list[tuple[str, int]], timeout_seconds: float
    ) -> list[tuple[str, int, bytes]]:
        """Wait until a reader's state differs from the one given, or the time is over.

        Args:
            states: reader name and the state last seen.
            timeout_seconds: 0 returns at once.

        Returns:
            Name, state bits (with the event counter in the upper half) and ATR; nothing
            where the time ran out.

        Raises:
            CardError: the service is gone or hangs; NO_READER where one of them has left.
        """
        return self.run(
            lambda handle, _: _status_change(handle, states, timeout_seconds),
            timeout_seconds + SERVICE_TIMEOUT_SECONDS,
            ReasonCode.SERVICE_UNAVAILABLE,
        )

    def release(self) -> None:
        """Give back all that was got through this context; harmless at any time, and twice."""
        self._thread.close()


def _establish(undo: ExitStack) -> Any:
    result, handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if _is(result, scard.SCARD_W_SECURITY_VIOLATION):
        # Also what is told of a service that was killed with our connection open and no answer
        # sent. Who refuses us refuses us again; who has ended is not there to answer.
        time.sleep(_BUSY_RETRY_SECONDS)
        result, handle = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(result, "SCardEstablishContext")
    undo.callback(scard.SCardReleaseContext, handle)
    return handle


def _list_readers(handle: Any) -> list[str]:
    result, names = scard.SCardListReaders(handle, [])
    if _is(result, scard.SCARD_E_NO_READERS_AVAILABLE):
        return []
    _check(result, "SCardListReaders")
    return list(names)


def _status_change(
    handle: Any, states: list[tuple[str, int]], timeout_seconds: float
) -> list[tuple[str, int, bytes]]:
    milliseconds = max(0, int(timeout_seconds * 1000))
    result, changed = scard.SCardGetStatusChange(handle, milliseconds, states)
    if _is(result, scard.SCARD_E_TIMEOUT):
        return []
    _check(result, "SCardGetStatusChange")
    return [(name, state, bytes(atr)) for name, state, atr in changed]


class PcscConnection:
    """A card in a PC/SC reader, shared, held in one transaction from open to close.

    Implements ``cardsvc.card.connection.CardConnection``.

    Args:
        reader: the reader's whole name.
        open_timeout_seconds: how long to wait for other programs to let go of the card.
        transmit_timeout_seconds: how long a card may take for one APDU; key generation gets
            ``KEY_GENERATION_TIMEOUT_SECONDS`` where that is longer.

    Raises:
        CardError: NO_READER, NO_CARD, CARD_SILENT, READER_BUSY, SERVICE_UNAVAILABLE, …
    """

    def __init__(
        self,
        reader: str,
        *,
        open_timeout_seconds: float = OPEN_TIMEOUT_SECONDS,
        transmit_timeout_seconds: float = TRANSMIT_TIMEOUT_SECONDS,
    ) -> None:
        self.reader = reader
        self._transmit_timeout_seconds = transmit_timeout_seconds
        deadline = time.monotonic() + open_timeout_seconds
        self._context = PcscContext(
            reader, leftover_seconds=open_timeout_seconds, late=ReasonCode.READER_BUSY
        )
        try:
            self._card, self._protocol, self._atr = self._context.run(
                lambda handle, undo: _connect(handle, reader, deadline, undo),
                max(0.0, deadline - time.monotonic()) + _CONNECT_SLACK_SECONDS,
                ReasonCode.READER_BUSY,
            )
        except BaseException:
            self._context.release()
            raise

    @property
    def atr(self) -> bytes:
        """The answer to reset, as the reader gave it."""
        return self._atr

    def transmit(self, command: bytes) -> bytes:
        """Send one APDU.

        Raises:
            CardError: removed, reset by another program, silent, or the service is gone.
        """
        seconds = self._transmit_timeout_seconds
        if command[1:2] == bytes([Ins.GENERATE_ASYMMETRIC]):
            seconds = max(seconds, KEY_GENERATION_TIMEOUT_SECONDS)
        return self._context.run(
            lambda handle, _: self._transmit(handle, command), seconds, ReasonCode.CARD_SILENT
        )

    def _transmit(self, handle: Any, command: bytes) -> bytes:
        result, response = scard.SCardTransmit(self._card, self._protocol, list(command))
        if result == scard.SCARD_S_SUCCESS and len(response) < 2:
            # Some drivers report success without an answer when the card leaves in mid-command.
            result = scard.SCARD_E_NOT_TRANSACTED
        if result != scard.SCARD_S_SUCCESS:
            raise _explain(PcscError(result, "SCardTransmit"), handle, self.reader)
        return bytes(response)

    @property
    def feature_request(self) -> int:
        """CM_IOCTL_GET_FEATURE_REQUEST (PC/SC part 10 section 2.2) on this platform."""
        return int(scard.SCARD_CTL_CODE(3400))

    def control(self, code: int, octets: bytes, seconds: float) -> bytes:
        """Send the reader itself a control code and return its answer.

        Raises:
            CardError: READER_FAILED where it does not know the code or gives no answer in time;
                the card is gone; or the holder did not type (PIN_NOT_TYPED, PIN_CANCELLED).
        """
        return self._context.run(
            lambda handle, _: self._control(handle, code, octets), seconds, ReasonCode.READER_FAILED
        )

    def _control(self, handle: Any, code: int, octets: bytes) -> bytes:
        result, answer = scard.SCardControl(self._card, code, list(octets))
        if result == scard.SCARD_S_SUCCESS:
            return bytes(answer)
        error = PcscError(result, "SCardControl")
        if code == self.feature_request:
            raise error  # many drivers don't know the question; it says nothing of the card
        raise _explain(error, handle, self.reader)

    def close(self) -> None:
        """Reset the card, so that no verified PIN stays behind, and let it go."""
        self._context.release()


def _explain(error: PcscError, handle: Any, reader: str) -> CardError:
    """Tell a removed card from a failing reader: drivers say "not transacted" for both."""
    if error.reason is not ReasonCode.READER_FAILED:
        return error
    seen, wait_seconds = STATE_UNAWARE, 0.0
    for _ in range(2):
        try:
            for _, state, _ in _status_change(handle, [(reader, seen)], wait_seconds):
                if state & STATE_EMPTY:
                    return CardError(ReasonCode.CARD_REMOVED, str(error))
                seen = state
        except PcscError as worse:
            return worse
        wait_seconds = _REMOVAL_SECONDS
    return error


def _connect(handle: Any, reader: str, deadline: float, undo: ExitStack) -> tuple[Any, int, bytes]:
    while True:
        result, card, protocol = scard.SCardConnect(
            handle, reader, scard.SCARD_SHARE_SHARED, _PROTOCOLS
        )
        busy = _is(result, scard.SCARD_E_SHARING_VIOLATION)
        if not busy or time.monotonic() > deadline:
            break
        time.sleep(_BUSY_RETRY_SECONDS)
    if _is(result, scard.SCARD_W_SECURITY_VIOLATION):
        _list_readers(handle)  # raises where it is not a refusal but the end of the service
    _check(result, "SCardConnect")
    undo.callback(scard.SCardDisconnect, card, scard.SCARD_LEAVE_CARD)
    if time.monotonic() > deadline + _CONNECT_SLACK_SECONDS:
        # Nobody waits any more: leave the card to the others without resetting it.
        raise CardError(ReasonCode.READER_BUSY, f"{reader}: connected too late")
    _begin_transaction(card)
    undo.callback(scard.SCardEndTransaction, card, scard.SCARD_RESET_CARD)
    result, _, _, protocol, atr = scard.SCardStatus(card)
    _check(result, "SCardStatus")
    return card, protocol, bytes(atr)


def _begin_transaction(card: Any) -> None:
    """Begin a transaction; where another program reset the card, reconnect first, once."""
    result = scard.SCardBeginTransaction(card)
    if _is(result, scard.SCARD_W_RESET_CARD):
        result, _ = scard.SCardReconnect(
            card, scard.SCARD_SHARE_SHARED, _PROTOCOLS, scard.SCARD_LEAVE_CARD
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
