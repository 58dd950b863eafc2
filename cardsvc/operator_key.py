"""One person, however the sign-in name was typed."""

from __future__ import annotations

import unicodedata

from cardsvc.errors import Malformed, ReasonCode

_MOST_CHARACTERS = 200


def operator_key(operator: str) -> str:
    """Return the form of an operator's identifier that is kept and compared.

    Caseless and canonical (Unicode 15 section 3.13, D145): two spellings of one sign-in name are
    one person, so that nobody is the second person on his or her own request.

    Raises:
        Malformed: nobody is named, or no sign-in name is that long (MALFORMED_MESSAGE).
    """
    decomposed = unicodedata.normalize("NFD", operator).casefold()
    key = unicodedata.normalize("NFC", decomposed).strip()
    if not 0 < len(key) <= _MOST_CHARACTERS or not key.isprintable():
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "an operator is named by a sign-in name")
    return key


def is_same_operator(one: str, other: str) -> bool:
    """Tell whether two sign-in names are one person's.

    Raises:
        Malformed: as ``operator_key``.
    """
    return operator_key(one) == operator_key(other)
