"""A PIN typed at the keypad of an OSDP reader, for the card that lies before it.

Spec: IEC 60839-11-5 (SIA OSDP 2.2) osdp_KEYPAD: digits as ASCII, DELETE (``*``) is
0x7F, RETURN (``#``) is 0x0D. SP 800-73-5 Part 2 section 2.4.3: a PIN has 6 to 8 digits.

Who is forced ends the PIN with ``*`` in the place of ``#``: the card gets the very PIN it knows,
no second secret has to be kept anywhere, and nothing at the door looks different.
"""

from __future__ import annotations

import threading

from cardsvc.errors import CardError, ReasonCode

_DELETE, _RETURN = 0x7F, 0x0D
_DIGITS = frozenset(b"0123456789")
_LEAST, _MOST = 6, 8


class Keypad:
    """Collects the keys of one reader while a PIN is asked for; others are dropped.

    Args:
        seconds: how long the holder has.
        takes_duress: whether ``*`` after a whole PIN says that the holder is forced; before that
            it begins anew.
    """

    def __init__(self, seconds: float, *, takes_duress: bool) -> None:
        self._seconds = seconds
        self._takes_duress = takes_duress
        self._changed = threading.Condition()
        self._keys: bytearray | None = None
        self._ended_by: int | None = None

    def press(self, keys: bytes) -> None:
        """Take keys from the reader, in the order in which they were pressed."""
        with self._changed:
            for key in keys:
                self._press(key)
            self._changed.notify_all()

    def ask(self) -> tuple[str, bool]:
        """Wait until the holder has typed a PIN.

        Returns:
            The PIN, and whether the holder is forced.

        Raises:
            CardError: nobody typed one in time (PIN_REQUIRED), or it has no such length
                (PIN_FORMAT).
        """
        with self._changed:
            self._keys, self._ended_by = bytearray(), None
            try:
                if not self._changed.wait_for(lambda: self._ended_by is not None, self._seconds):
                    raise CardError(ReasonCode.PIN_REQUIRED, "no PIN was typed in time")
                if not _LEAST <= len(self._keys) <= _MOST:
                    raise CardError(ReasonCode.PIN_FORMAT, "a PIN has 6 to 8 digits")
                return self._keys.decode("ascii"), self._ended_by == _DELETE
            finally:
                self._keys = None

    def _press(self, key: int) -> None:
        if self._keys is None or self._ended_by is not None:
            return
        if key in _DIGITS and len(self._keys) <= _MOST:
            self._keys.append(key)
        elif key == _RETURN:
            self._ended_by = key
        elif key == _DELETE:
            if self._takes_duress and len(self._keys) >= _LEAST:
                self._ended_by = key
            else:
                self._keys.clear()
