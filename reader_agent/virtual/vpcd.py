"""The card's end of vpcd: a virtual card that every PC/SC program sees.

Protocol (vsmartcard's vpcd): the card is a TCP client; each message has a length of two octets,
big-endian; a body of one octet is control (0 off, 1 on, 2 reset, 4 asks for the ATR), anything
else an APDU. ATR and responses go back in the same framing; the other controls get no answer.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable

from cardsvc.errors import CardError

from .card import PoweredCard

DEFAULT_PORT = 0x8C7B
"""35963: vpcd's first slot; the second slot of a reader entry listens on the next port."""
CONTROL_OFF = 0
CONTROL_ON = 1
CONTROL_RESET = 2
CONTROL_ATR = 4

_RETRY_SECONDS = 0.2
EMPTY_SECONDS = 0.6
"""How long a slot stays empty after a removal: pcscd asks every 400 ms, and would take a card
that was swapped in between for the old one and give it no power."""
_JOIN_SECONDS = 5.0
_LENGTH_OCTETS = 2

_log = logging.getLogger(__name__)

Connect = Callable[[], socket.socket]


def connect_tcp(port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> Connect:
    """Return a way to reach a vpcd slot in this network namespace."""
    return lambda: socket.create_connection((host, port))


def _acknowledge_at_once(link: socket.socket) -> None:
    """Ask for an immediate ACK, where the platform knows how; elsewhere the card is slower.

    vpcd writes length and body apart: a delayed ACK would cost 40 ms each (field notes). The
    kernel drops the option by itself, hence before every recv.
    """
    if sys.platform == "linux":
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _receive(link: socket.socket, count: int) -> bytes | None:
    """Return exactly ``count`` octets, or None where the other end is gone."""
    received = bytearray()
    while len(received) < count:
        _acknowledge_at_once(link)
        part = link.recv(count - len(received))
        if not part:
            return None
        received += part
    return bytes(received)


def serve(link: socket.socket, card: PoweredCard, seen: Callable[[], None]) -> None:
    """Be the card on one connection until either end closes it.

    Args:
        link: connected to vpcd.
        card: what answers.
        seen: called when the card has been powered and asked for its ATR: pcscd shows it to
            programs right after.

    Raises:
        CardError: the card itself is gone.
    """
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    powered = False
    while True:
        header = _receive(link, _LENGTH_OCTETS)
        body = None if header is None else _receive(link, int.from_bytes(header, "big"))
        if body is None:
            return
        if len(body) == 1:
            answer = _control(card, body[0])
            powered = powered or body[0] == CONTROL_ON
            if powered and answer is not None:
                seen()
        else:
            answer = card.transmit(body)
        if answer is not None:
            link.sendall(len(answer).to_bytes(_LENGTH_OCTETS, "big") + answer)


def _control(card: PoweredCard, code: int) -> bytes | None:
    if code == CONTROL_ATR:
        return card.atr
    if code == CONTROL_OFF:
        card.power_off()
    elif code in (CONTROL_ON, CONTROL_RESET):
        card.power_on()
    return None


class VpcdSlot:
    """One vpcd slot, into which a card is inserted and from which it is removed.

    Args:
        connect: opens a connection to the slot; tried again while vpcd is not there.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._seen = threading.Event()
        self._lock = threading.Lock()
        self._link: socket.socket | None = None
        self._empty_since = -EMPTY_SECONDS

    @property
    def occupied(self) -> bool:
        """True while a card is in the slot; a card that died is out."""
        return self._thread is not None and self._thread.is_alive()

    def insert(self, card: PoweredCard, *, wait_seconds: float = 0.0) -> bool:
        """Put a card in, instead of the one that may be there.

        Args:
            card: answers from now on, in a thread of the slot's own.
            wait_seconds: how long to wait until pcscd has noticed it.

        Returns:
            Whether pcscd had noticed it by then.
        """
        self.remove()
        self._stop = threading.Event()
        self._seen = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(card, self._stop, self._seen), name="vpcd-card", daemon=True
        )
        self._thread.start()
        return self._seen.wait(wait_seconds)

    def remove(self) -> None:
        """Take the card out; harmless where there is none."""
        self._stop.set()
        with self._lock:
            if self._link is not None:
                try:
                    self._link.shutdown(socket.SHUT_RDWR)
                except OSError:
                    _log.debug("vpcd had closed already")
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)
            self._thread = None

    def _wait_empty(self, stop: threading.Event) -> None:
        stop.wait(max(0.0, self._empty_since + EMPTY_SECONDS - time.monotonic()))

    def _run(self, card: PoweredCard, stop: threading.Event, seen: threading.Event) -> None:
        """Serve until removed; where vpcd went away (a restart), come back to it."""
        self._wait_empty(stop)
        while not stop.is_set():
            try:
                with self._connect() as link:
                    with self._lock:
                        if stop.is_set():
                            break
                        self._link = link
                    try:
                        serve(link, card, seen.set)
                    finally:
                        with self._lock:
                            self._link = None
                            self._empty_since = time.monotonic()
            except CardError as error:
                _log.info("the card left the slot: %s", error.reason)
                break
            except OSError as error:
                _log.debug("vpcd: %s", error)
            stop.wait(_RETRY_SECONDS)
        card.power_off()
