"""The signed objects of a card against the card that answered: CHUID and Security Object.

Spec: SP 800-73-5 Part 1 sections 3.1.2 (CHUID) and 3.1.7 (Security Object); FIPS 201-3
section 4.2.1. The content signer is validated under our own anchors, at the same instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from cardsvc.card.chuid import UnverifiedChuid, parse_chuid, verify_chuid
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import ObjectTag
from cardsvc.card.security_object import (
    check_hashes,
    parse_security_object,
    verify_security_object,
)
from cardsvc.errors import ReasonCode, VerificationError
from verification.ports import TrustedIssuers


def check_objects(
    objects: Mapping[ObjectTag, bytes],
    guid: CardGuid,
    trusted: TrustedIssuers,
    at: datetime,
) -> None:
    """Check the signed objects that were presented; one that was not read says nothing.

    Raises:
        VerificationError: a signature, a signer, the GUID, the expiry or a hash does not hold.
        Malformed: an object is ill-formed.
    """
    signer: x509.Certificate | None = None
    if ObjectTag.CHUID in objects:
        chuid = parse_chuid(objects[ObjectTag.CHUID])
        _check_chuid(chuid, guid, at)
        signer = verify_chuid(chuid)
        trusted.check_content_signer(signer, at)
    if ObjectTag.SECURITY_OBJECT in objects:
        security_object = parse_security_object(objects[ObjectTag.SECURITY_OBJECT])
        signer = verify_security_object(security_object, signer)
        trusted.check_content_signer(signer, at)
        check_hashes(security_object, objects)


def _check_chuid(chuid: UnverifiedChuid, guid: CardGuid, at: datetime) -> None:
    if chuid.guid != guid:
        raise VerificationError(ReasonCode.GUID_MISMATCH, "the CHUID names another card")
    if chuid.expiration_date < at.date():
        raise VerificationError(ReasonCode.CHUID_EXPIRED, "the CHUID has expired")
