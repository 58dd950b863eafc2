"""The base key of an OSDP reader's secure channel, from a file that nobody else can read.

Spec: IEC 60839-11-5 (SIA OSDP 2.2) annex D: SCBK, AES-128; SCBK-D is the one that everybody knows.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from cardsvc.errors import CardError, ReasonCode

_KEY = re.compile(r"[0-9A-Fa-f]{32}\s*")
_MOST_OCTETS = 64
_DEFAULT_KEY = bytes(range(0x30, 0x40))
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def read_base_key(path: Path) -> bytes:
    """Return a reader's key: 32 hexadecimal digits in a file of mode 0600.

    Returns:
        16 octets.

    Raises:
        CardError: it can't be read, others may read it, it is no key, or the default one
            (ACCESS_DENIED).
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            octets = file.read(_MOST_OCTETS)
    except OSError as error:
        message = f"{path.name}: {type(error).__name__}"
        raise CardError(ReasonCode.ACCESS_DENIED, message) from None
    if mode & _OTHERS_MAY:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{path.name}: others may read it; chmod 600")
    text = octets.decode("ascii", "replace")
    key = bytes.fromhex(text) if _KEY.fullmatch(text) else b""
    if not key or key == _DEFAULT_KEY or len(set(key)) == 1:
        message = f"{path.name}: 32 hexadecimal digits are needed, not the default key"
        raise CardError(ReasonCode.ACCESS_DENIED, message)
    return key
