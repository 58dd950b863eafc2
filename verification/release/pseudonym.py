"""Pairwise pseudonyms: each partner knows a holder by a name that no other partner can link.

``VERSION.NAME``: the name is 128 bits of HMAC-SHA-256 over the holder's identifier, under a key
derived for that partner and that version of the master, in base64url. A new version of the master
gives everybody a new name at once; older names can still be made, to carry a partner over.

Spec: RFC 2104 (HMAC); the derivation is the vault's (SP 800-108r1).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from cardsvc.wire.fields import encode_octets

PartnerKey: TypeAlias = Callable[[str, str], bytes]
"""Derives a partner's key: version, relying party; 32 octets."""

_LABEL = b"cardsvc pairwise pseudonym v1\x00"
_NAME_OCTETS = 16
_PARTNERS_KEPT = 1024


class PairwisePseudonyms:
    """Makes pseudonyms. Implements ``grant.Pseudonyms``.

    Args:
        version: of the master key in use.
        partner_key: derives a partner's key; called once for a partner and version.
    """

    def __init__(self, version: str, partner_key: PartnerKey) -> None:
        self._version = version
        self._key = lru_cache(maxsize=_PARTNERS_KEPT)(partner_key)

    @property
    def version(self) -> str:
        """The version that new pseudonyms carry."""
        return self._version

    def of(self, relying_party: str, holder_id: str, *, version: str | None = None) -> str:
        """Return a partner's name for a holder.

        Args:
            relying_party: the partner.
            holder_id: our own identifier of the holder.
            version: an older version of the master; the present one by default.
        """
        used = version or self._version
        key = self._key(used, relying_party)
        digest = hmac.digest(key, _LABEL + holder_id.encode(), "sha256")
        return f"{used}.{encode_octets(digest[:_NAME_OCTETS])}"
