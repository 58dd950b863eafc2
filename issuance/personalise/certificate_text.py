"""Names of bodies as a certificate's subject can hold them.

Agencies and companies often have longer names than X.509 has room for, and the CA refuses what
does not fit: better here, once and alike for all, than with a half-made card in the reader.
"""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 64
"""ub-organization-name (RFC 5280 appendix A.1)."""
_ELLIPSIS = "…"


def organization_text(name: str) -> str:
    """Return a body's name in NFC on one line, cut at a word and marked where it is too long.

    Spec: RFC 5280 sections 4.1.2.4 and appendix A.1; at most 64 characters. The full name stays
    in the record.
    """
    plain = "".join(
        # invisible marks ride along from spreadsheets; line breaks and tabs part words
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    line = unicodedata.normalize("NFC", " ".join(plain.split()))
    if len(line) <= MAX_CHARACTERS:
        return line
    room = MAX_CHARACTERS - len(_ELLIPSIS)
    head = line[: room + 1].rpartition(" ")[0] or line[:room]
    return head.rstrip(" ,;–-") + _ELLIPSIS
