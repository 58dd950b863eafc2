"""The CA certifies the card's keys; the RA re-checks what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.piv_identifiers import card_guid
from cardsvc.card.public_key import CardPublicKey, algorithm_of, spki_der
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.records import KeyRecord
from issuance.personalise.plan import PersonalisationPlan
from issuance.ports import SLOT_PROFILE, CertificateAuthority, CertificateRequest


def certify_keys(
    plan: PersonalisationPlan,
    keys: Mapping[KeySlot, CardPublicKey],
    authority: CertificateAuthority,
    at: datetime,
) -> tuple[KeyRecord, ...]:
    """Have every key certified; all are prepared before the first is signed.

    Raises:
        VaultError: the CA refuses a request.
        IssuanceError: CERTIFICATE_MISMATCH, where a certificate is not what was asked for.
    """
    tokens = {
        slot: authority.prepare(
            CertificateRequest(
                SLOT_PROFILE[slot],
                plan.card_type,
                plan.guid,
                key,
                plan.expires_at,
                plan.subject(slot),
            ),
            at,
        )
        for slot, key in keys.items()
    }
    issuer = authority.issuer(plan.card_type)
    records: list[KeyRecord] = []
    for slot, key in keys.items():
        certificate = authority.sign(tokens[slot], at)
        check_certificate(certificate, issuer, plan, key, at)
        records.append(
            KeyRecord(
                slot=slot,
                algorithm=algorithm_of(key),
                spki_sha256=hashlib.sha256(spki_der(key)).digest(),
                issuer_key_id=_subject_key_id(issuer),
                serial=certificate.serial_number,
                certificate_der=certificate.public_bytes(Encoding.DER),
                not_after=certificate.not_valid_after_utc,
            )
        )
    return tuple(records)


def check_certificate(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    plan: PersonalisationPlan,
    key: CardPublicKey,
    at: datetime,
) -> None:
    """Accept a certificate for the key and card that were asked for, and no longer than it.

    Raises:
        IssuanceError: CERTIFICATE_MISMATCH.
    """
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise _mismatch("another issuer") from error
    if certificate.public_key() != key:
        raise _mismatch("another key")
    if _guid(certificate) != plan.guid:
        raise _mismatch("another card")
    if certificate.not_valid_after_utc > plan.expires_at:
        raise _mismatch("outlives the card")
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
        raise _mismatch("not valid now")


def _mismatch(what: str) -> IssuanceError:
    return IssuanceError(ReasonCode.CERTIFICATE_MISMATCH, f"the CA's certificate: {what}")


def _guid(certificate: x509.Certificate) -> CardGuid | None:
    try:
        return card_guid(certificate)
    except Malformed:
        return None


def _subject_key_id(issuer: x509.Certificate) -> bytes:
    return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
