"""Is the key in a certificate the one that the certificate's key identifier was made of?

A CA that was made to certify a substituted key leaves the old identifier behind: GSA's test
card 3, whose certificate is signed well. RFC 5280 lets a CA number keys as it likes; the
Common Policy profiles ask for the SHA-1 hash, so what has a hash's length is taken for one.
"""

from __future__ import annotations

import hashlib

from cardsvc.card.piv import KeySlot
from cardsvc.errors import ReasonCode
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView
from verification.path.facts import CertificateFacts, read_facts

_HASHES = ("sha1", "sha256", "sha384", "sha512")
_SHA1_OCTETS = 20
"""RFC 5280 section 4.2.1.2 method 1; RFC 7093 section 2 cuts longer hashes to as many."""


def key_identifier(view: CardView, slot: KeySlot) -> Finding:
    """The subject key identifier, where it is a hash, is that of the certificate's key."""
    facts = read_facts(view.certificate(slot))
    identifier = facts.extensions.subject_key_id
    if identifier is None:
        return not_applicable("the certificate has none")
    derived = _derivations(facts)
    if len(identifier) not in {len(one) for one in derived}:
        return not_applicable(f"{len(identifier)} octets, no hash")
    if identifier not in derived:
        return failed(ReasonCode.KEY_IDENTIFIER_MISMATCH, "it was made of another key")
    return passed("made of this key")


def _derivations(facts: CertificateFacts) -> frozenset[bytes]:
    """Return the identifiers that RFC 5280 section 4.2.1.2 and RFC 7093 make of a key."""
    digests = [
        hashlib.new(name, octets, usedforsecurity=False).digest()
        for name in _HASHES
        for octets in (facts.key_bits, facts.key_info)
    ]
    # method 2: 0100 and the last 60 bits of the SHA-1 hash
    tail = hashlib.sha1(facts.key_bits, usedforsecurity=False).digest()[-8:]
    method_2 = bytes([0x40 | tail[0] & 0x0F]) + tail[1:]
    return frozenset({*digests, *(one[:_SHA1_OCTETS] for one in digests), method_2})
