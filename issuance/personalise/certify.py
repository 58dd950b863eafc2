"""The CA certifies the card's keys; the RA re-checks what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import HashAlgorithm
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
                plan.realm,
                plan.guid,
                key,
                plan.expires_at,
                plan.subject(slot),
            ),
            at,
        )
        for slot, key in keys.items()
    }
    issuer = ExpectedIssuer.of(authority.issuer(plan.card_type, plan.realm))
    records: list[KeyRecord] = []
    for slot, key in keys.items():
        certificate = authority.sign(tokens[slot], at)
        check_certificate(certificate, issuer, plan, key, at)
        records.append(key_record(slot, key, certificate, issuer.key_id))
    return tuple(records)


def key_record(
    slot: KeySlot, key: CardPublicKey, certificate: x509.Certificate, issuer_key_id: bytes
) -> KeyRecord:
    """Return a key as the card's record keeps it, with a certificate that was checked."""
    return KeyRecord(
        slot=slot,
        algorithm=algorithm_of(key),
        spki_sha256=hashlib.sha256(spki_der(key)).digest(),
        issuer_key_id=issuer_key_id,
        serial=certificate.serial_number,
        certificate_der=certificate.public_bytes(Encoding.DER),
        not_after=certificate.not_valid_after_utc,
    )


@dataclass(frozen=True, slots=True)
class ExpectedIssuer:
    """The CA that is to have signed, read once for all its certificates.

    Args:
        certificate: the CA's own.
        key_id: its subject key identifier.
    """

    certificate: x509.Certificate
    key_id: bytes
    _name: x509.Name
    _key: ec.EllipticCurvePublicKey

    @classmethod
    def of(cls, certificate: x509.Certificate) -> ExpectedIssuer:
        """Return what is expected of an issuing CA's certificates.

        Raises:
            IssuanceError: CERTIFICATE_MISMATCH, it has no key that issuing CAs have.
        """
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise mismatch("an issuer without an EC key")
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return cls(certificate, identifier.value.digest, certificate.subject, key)

    def check_signature(self, certificate: x509.Certificate) -> None:
        """Accept what this CA signed.

        Raises:
            IssuanceError: CERTIFICATE_MISMATCH.
        """
        digest = certificate.signature_hash_algorithm
        if certificate.issuer != self._name or digest is None:
            raise mismatch("another issuer")
        self.check_octets(certificate.signature, certificate.tbs_certificate_bytes, digest)

    def check_octets(self, signature: bytes, signed: bytes, digest: HashAlgorithm) -> None:
        """Accept octets that this CA signed.

        Raises:
            IssuanceError: CERTIFICATE_MISMATCH.
        """
        try:
            self._key.verify(signature, signed, ec.ECDSA(digest))
        except InvalidSignature as error:
            raise mismatch("another issuer") from error


def check_certificate(
    certificate: x509.Certificate,
    issuer: ExpectedIssuer,
    plan: PersonalisationPlan,
    key: CardPublicKey,
    at: datetime,
) -> None:
    """Accept a certificate for the key and card that were asked for, and no longer than it.

    Raises:
        IssuanceError: CERTIFICATE_MISMATCH.
    """
    issuer.check_signature(certificate)
    if certificate.public_key() != key:
        raise mismatch("another key")
    if _guid(certificate) != plan.guid:
        raise mismatch("another card")
    check_validity(certificate, plan, at)


def check_validity(certificate: x509.Certificate, plan: PersonalisationPlan, at: datetime) -> None:
    """Accept a certificate that is valid now and ends with its card at the latest.

    Raises:
        IssuanceError: CERTIFICATE_MISMATCH.
    """
    not_after = certificate.not_valid_after_utc
    if not_after > plan.expires_at:
        raise mismatch("outlives the card")
    if not certificate.not_valid_before_utc <= at < not_after:
        raise mismatch("not valid now")


def mismatch(what: str) -> IssuanceError:
    """Return the refusal of what came back from the CA."""
    return IssuanceError(ReasonCode.CERTIFICATE_MISMATCH, f"the CA's certificate: {what}")


def _guid(certificate: x509.Certificate) -> CardGuid | None:
    try:
        return card_guid(certificate)
    except Malformed:
        return None
