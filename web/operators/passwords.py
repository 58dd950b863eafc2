"""Passwords: Argon2id (RFC 9106), and what a password must be (NIST SP 800-63B section 5.1.1)."""

from __future__ import annotations

import re
import threading
import unicodedata
from enum import StrEnum, unique
from functools import cache, cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from cardsvc.identity.latin import search_key

MIN_CHARACTERS = 12
MAX_CHARACTERS = 128
"""SP 800-63B asks for 64 at least; a bound keeps a hostile text from costing time."""
_AT_ONCE = 2
"""Each hash takes 64 MiB; more of them at once would be a way to exhaust the machine."""
_COMMONEST = Path(__file__).with_name("common_passwords.txt")
_SAME_CHARACTERS = 4
"""A password of so few different characters is a pattern on the keyboard."""

_LONG_NAME, _SHORT_NAME = 6, 4
"""Letters of a name that is looked for within words, and of one that is looked for at all."""
_WORDS = re.compile(r"[\W_]+")


@unique
class PasswordFault(StrEnum):
    """Why a password is not accepted."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    HOLDS_NAME = "holds_name"
    NOT_NEW = "not_new"
    MISREPEATED = "misrepeated"


class Passwords:
    """Hashes and checks; at most two at once.

    Args:
        hasher: the second recommended option of RFC 9106 section 4 unless tests say otherwise.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        with self._turn:
            return self._hasher.hash(_prepared(password))

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password is the one that was hashed.

        It takes as long where there is no hash: nobody learns which names exist.
        """
        if len(password) > MAX_CHARACTERS:
            return False
        with self._turn:
            try:
                self._hasher.verify(password_hash or self._nobody, _prepared(password))
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)


def password_fault(password: str, *names: str) -> PasswordFault | None:
    """Return what is wrong with a new password, or None.

    Length and the commonest passwords, no rules of composition (SP 800-63B section 5.1.1.2).

    Args:
        password: as typed.
        names: sign-in name and name of the person; their parts may not stand in it.
    """
    text = _prepared(password)
    if len(text) < MIN_CHARACTERS:
        return PasswordFault.TOO_SHORT
    if len(text) > MAX_CHARACTERS:
        return PasswordFault.TOO_LONG
    plain = _plain(text)
    if len(set(plain)) <= _SAME_CHARACTERS or plain in _commonest():
        return PasswordFault.COMMON
    words = {_plain(word) for word in _WORDS.split(text)}
    for name in map(_plain, names):
        # a short name is a syllable of many words: it counts where it stands alone
        if name in (plain if len(name) >= _LONG_NAME else words) and len(name) >= _SHORT_NAME:
            return PasswordFault.HOLDS_NAME
    return None


def _prepared(password: str) -> str:
    """Normalise as SP 800-63B section 5.1.1.2 says: one keyboard's ``ế`` is another's."""
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    """Return letters and digits alone, without case and diacritics."""
    return "".join(one for one in search_key(text) if one.isalnum())


@cache
def _commonest() -> frozenset[str]:
    lines = _COMMONEST.read_text(encoding="utf-8").splitlines()
    return frozenset(_plain(line) for line in lines if line)
