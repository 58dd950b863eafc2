"""A card's own certificate, read once into all that a decision asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cardsvc.card.certificate_object import certificate_octets
from cardsvc.card.challenge_response import scheme_of
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv_identifiers import guid_among
from cardsvc.card.public_key import CardPublicKey, algorithm_of
from cardsvc.errors import CardError, ReasonCode, VerificationError
from verification.path.facts import CertificateFacts, parse_facts

CARDS_REMEMBERED = 1024
"""Certificates kept in the form in which they were read, some 10 KiB each; the same cards tap
again and again. Nothing is believed for being remembered: every decision verifies anew."""


@dataclass(frozen=True, slots=True, eq=False)
class CardCertificate:
    """A 9E or 9A certificate; nothing in it is trusted yet.

    Attributes:
        facts: what path validation asks.
        key: the card's public key, of an algorithm that cards have.
        scheme: what its signatures are verified by.
        key_sha256: SHA-256 over the SubjectPublicKeyInfo as received, 32 octets.
        guid: the card that it names, None where it names none.
    """

    facts: CertificateFacts = field(repr=False)
    key: CardPublicKey = field(repr=False)
    scheme: Sequence[Any] = field(repr=False)
    key_sha256: bytes
    guid: CardGuid | None


@lru_cache(maxsize=CARDS_REMEMBERED)
def read_card_certificate(octets: bytes) -> CardCertificate:
    """Read the certificate in a card's data object.

    Spec: SP 800-73-5 Part 1 appendix A (the object); RFC 5280 section 4.1 (the certificate).

    Args:
        octets: the object's content, as it stood inside tag 53.

    Raises:
        Malformed: the object, the certificate or the UUID in it is ill-formed, or it names
            several cards.
        VerificationError: UNSUPPORTED_ALGORITHM, the key is none that cards have.
    """
    facts = parse_facts(certificate_octets(octets))
    try:
        algorithm_of(facts.public_key)
    except CardError as error:
        raise VerificationError(ReasonCode.UNSUPPORTED_ALGORITHM) from error
    key, guid = facts.public_key, guid_among(facts.extensions.alternative_names)
    return CardCertificate(facts, key, scheme_of(key), facts.key_sha256, guid)
