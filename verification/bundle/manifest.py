"""The signed head of a bundle: for whom it is, its number, its dates, and the hashes of its parts.

Spec: as ``cardsvc.wire.signed_claims`` has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from cardsvc.wire.fields import Fields
from cardsvc.wire.signed_claims import SignedKind, verify_signed_claims
from verification.bundle.cards import MAX_BITS

BUNDLE_TYPE = "cardsvc-bundle+jwt"
MAX_TOKEN_CHARACTERS = 16_384
_BUNDLE = SignedKind(
    BUNDLE_TYPE,
    MAX_TOKEN_CHARACTERS,
    malformed=ReasonCode.MALFORMED_BUNDLE,
    bad_signature=ReasonCode.BUNDLE_BAD_SIGNATURE,
)


@dataclass(frozen=True, slots=True)
class CardSetRef:
    """A set of cards of one type.

    Args:
        bits: by how many bits of the GUID it is divided into buckets.
        count: how many cards there are.
        index: SHA-256 of the part that lists the buckets' hashes.
    """

    bits: int
    count: int
    index: bytes


@dataclass(frozen=True, slots=True)
class BundleContent:
    """What a bundle says; two of one content have one number.

    Args:
        cards: by type.
        policies: SHA-256 of that part.
        issuers: SHA-256 of that part.
    """

    cards: Mapping[CardType, CardSetRef]
    policies: bytes
    issuers: bytes

    def claims(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "cards": {
                kind.value: {"bits": one.bits, "count": one.count, "index": one.index.hex()}
                for kind, one in sorted(self.cards.items())
            },
            "policies": self.policies.hex(),
            "issuers": self.issuers.hex(),
        }

    @property
    def sha256(self) -> bytes:
        """What identifies the content."""
        return hashlib.sha256(json.dumps(self.claims(), sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """A bundle's head.

    Args:
        relying_party: on whose behalf the agent may decide.
        agent: which agent.
        seq: grows with every change of the content.
        issued_at: when the service vouched for it: everything in it was true then.
        not_after: from then on it decides nothing.
        content: the rest.
    """

    relying_party: str
    agent: str
    seq: int
    issued_at: datetime
    not_after: datetime
    content: BundleContent

    def claims(self) -> dict[str, Any]:
        """Return the claims to be signed."""
        return {
            "aud": self.relying_party,
            "sub": self.agent,
            "seq": self.seq,
            "iat": int(self.issued_at.timestamp()),
            "exp": int(self.not_after.timestamp()),
            "content": self.content.claims(),
        }


def verify_manifest(token: str, key_set: Mapping[str, Any]) -> BundleManifest:
    """Verify a manifest's signature; for whom it is and its dates are ``accept_manifest``'s.

    Raises:
        Malformed: MALFORMED_BUNDLE.
        VerificationError: BUNDLE_BAD_SIGNATURE, also for a key that we don't know.
    """
    return parse_manifest(verify_signed_claims(token, key_set, _BUNDLE))


def parse_manifest(claims: object) -> BundleManifest:
    """Parse the claims of a manifest.

    Raises:
        Malformed: MALFORMED_BUNDLE.
    """
    try:
        fields = Fields(claims, ("aud", "sub", "seq", "iat", "exp", "content"))
        return BundleManifest(
            relying_party=fields.text("aud"),
            agent=fields.text("sub"),
            seq=fields.number("seq", least=1, most=2**53 - 1),
            issued_at=fields.second("iat"),
            not_after=fields.second("exp"),
            content=_content(fields.mapping("content")),
        )
    except Malformed as error:
        raise _malformed(str(error)) from error


def _content(value: Mapping[str, Any]) -> BundleContent:
    fields = Fields(value, ("cards", "policies", "issuers"))
    sets = fields.mapping("cards")
    cards = {}
    for kind in CardType:
        if kind.value in sets:
            one = Fields(sets.pop(kind.value), ("bits", "count", "index"))
            bits, count = one.number("bits", most=MAX_BITS), one.number("count")
            cards[kind] = CardSetRef(bits, count, _sha256(one, "index"))
    if sets:
        raise _malformed("no such card type")
    return BundleContent(cards, _sha256(fields, "policies"), _sha256(fields, "issuers"))


def _sha256(fields: Fields, name: str) -> bytes:
    text = fields.text(name, most=64)
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise _malformed(f"{name} is not hexadecimal") from None
    if len(octets) != 32 or octets.hex() != text:
        raise _malformed(f"{name} is no SHA-256")
    return octets


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_BUNDLE, what)
