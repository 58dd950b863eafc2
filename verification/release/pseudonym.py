"""Pairwise pseudonyms: each partner knows a holder by a name that no other partner can link.

``VERSION.NAME`` or ``VERSION-GENERATION.NAME``: the name is 128 bits of HMAC-SHA-256 over the
holder's identifier, under a key derived for that partner and that version of the master, in
base64url. A new version of the master gives everybody a new name at once, a new generation those of
one partner alone; older names can still be made, to explain a receipt or to carry a partner over.

Spec: RFC 2104 (HMAC); the derivation is the vault's (SP 800-108r1).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import encode_octets

PartnerKey: TypeAlias = Callable[[str, str], bytes]
"""Derives a partner's key: version, relying party; 32 octets."""

_LABEL = b"cardsvc pairwise pseudonym v1\x00"
_GENERATION_LABEL = "cardsvc pairwise pseudonym v1 generation {}\x00"
_NAME_OCTETS = 16
_FORM = re.compile(r"(v[1-9][0-9]{0,3})(?:-([1-9][0-9]{0,5}))?\.([A-Za-z0-9_-]{22})")
_PARTNERS_KEPT = 1024
_NAMES_KEPT = 4096
"""The same holders come to the same services; a name never changes."""


class PairwisePseudonyms:
    """Makes pseudonyms. Implements ``grant.Pseudonyms``.

    Args:
        version: of the master key in use.
        partner_key: derives a partner's key; called once for a partner and version.
    """

    def __init__(self, version: str, partner_key: PartnerKey) -> None:
        self._version = version
        self._key = lru_cache(maxsize=_PARTNERS_KEPT)(partner_key)
        self._name = lru_cache(maxsize=_NAMES_KEPT)(self._make)

    @property
    def version(self) -> str:
        """The version that new pseudonyms carry."""
        return self._version

    def of(
        self,
        relying_party: str,
        holder_id: str,
        *,
        version: str | None = None,
        generation: int = 1,
    ) -> str:
        """Return a partner's name for a holder.

        Args:
            relying_party: the partner.
            holder_id: our own identifier of the holder.
            version: an older version of the master; the present one by default.
            generation: of the partner's names; they begin with 1.
        """
        return self._name(version or self._version, generation, relying_party, holder_id)

    def _make(self, version: str, generation: int, relying_party: str, holder_id: str) -> str:
        key = self._key(version, relying_party)
        label, prefix = _LABEL, version
        if generation > 1:
            label = _GENERATION_LABEL.format(generation).encode()
            prefix = f"{version}-{generation}"
        digest = hmac.digest(key, label + holder_id.encode(), "sha256")
        return f"{prefix}.{encode_octets(digest[:_NAME_OCTETS])}"


def parse_pseudonym(text: str) -> tuple[str, int, str]:
    """Return version of the master, generation and name of a pseudonym.

    Raises:
        Malformed: MALFORMED_MESSAGE; not of that form.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[2] == "1":
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a pseudonym")
    return match[1], int(match[2] or 1), match[3]
