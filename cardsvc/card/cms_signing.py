"""CMS SignedData as we make it: DER, one signer, sorted attributes.

Spec: RFC 5652 section 5; FIPS 201-3 section 4.2.1 and appendix B.1 (attributes of PIV
objects). The private key stays elsewhere: it is asked through a callable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import asn1
from cardsvc.card.certificates import serial_number_of
from cardsvc.card.cms import (
    OID_CONTENT_TYPE,
    OID_DATA,
    OID_ENTRY_UUID,
    OID_FASCN,
    OID_MESSAGE_DIGEST,
    OID_SIGNED_DATA,
    OID_SIGNER_DN,
    OID_SIGNING_TIME,
)
from cardsvc.card.cms_algorithms import (
    DIGEST_OIDS,
    ECDSA_WITH_DIGEST,
    RSA_ENCRYPTION,
    STRONG_DIGESTS,
    compute_digest,
)
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import CardError, ReasonCode

Sign = Callable[[bytes], bytes]
"""Signs octets: ECDSA in DER, or RSASSA-PKCS1-v1_5, over the digest agreed on."""


@dataclass(frozen=True, slots=True)
class SignatureSettings:
    """Who signs, how, and which card is bound to the signature.

    Args:
        certificate: the content signer's.
        sign: its private key; must digest with ``digest``.
        digest: ``sha256``, ``sha384`` or ``sha512``.
        signing_time: aware UTC, or None to leave it out.
        fascn: pivFASC-N, which biometric objects need.
        entry_uuid: entryUUID, the card's GUID, which biometric objects need.
        include_certificate: embed the certificate (a CHUID must; a Security Object must not).
    """

    certificate: x509.Certificate
    sign: Sign
    digest: str = "sha256"
    signing_time: datetime | None = None
    fascn: Fascn | None = None
    entry_uuid: CardGuid | None = None
    include_certificate: bool = True


def sign_detached(content: bytes, content_type: str, settings: SignatureSettings) -> bytes:
    """Return DER of SignedData over ``content``, which it does not hold.

    Args:
        content: what is signed.
        content_type: its dotted identifier.
        settings: the signer.

    Raises:
        CardError: UNSUPPORTED_ALGORITHM, the signer's key or digest is not one we sign with.
    """
    return _sign(content, content_type, settings, encapsulate=False)


def sign_encapsulated(content: bytes, content_type: str, settings: SignatureSettings) -> bytes:
    """Return DER of SignedData that holds ``content``.

    Raises:
        CardError: as ``sign_detached``.
    """
    return _sign(content, content_type, settings, encapsulate=True)


def _sign(
    content: bytes, content_type: str, settings: SignatureSettings, *, encapsulate: bool
) -> bytes:
    certificate = settings.certificate
    signature_algorithm = _signature_algorithm(certificate, settings.digest)
    digest_algorithm = {"algorithm": DIGEST_OIDS[settings.digest]}
    attributes = _attributes(content, content_type, settings)
    signer = asn1.SignerInfo(
        {
            "version": 1,
            "sid": asn1.SignerIdentifier(
                "issuer_and_serial_number",
                asn1.IssuerAndSerialNumber(
                    {
                        "issuer": core.Any.load(certificate.issuer.public_bytes()),
                        "serial_number": serial_number_of(certificate),
                    }
                ),
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": signature_algorithm,
            "signature": settings.sign(attributes.dump()),
        }
    )
    encapsulated: dict[str, Any] = {"content_type": content_type}
    if encapsulate:
        encapsulated["content"] = content
    value: dict[str, Any] = {
        # RFC 5652 section 5.1: version 3 unless the content is plain data
        "version": 1 if content_type == OID_DATA else 3,
        "digest_algorithms": [digest_algorithm],
        "encap_content_info": encapsulated,
        "signer_infos": [signer],
    }
    if settings.include_certificate:
        value["certificates"] = [core.Any.load(certificate.public_bytes(Encoding.DER))]
    info = asn1.ContentInfo({"content_type": OID_SIGNED_DATA, "content": value})
    return bytes(info.dump())


def _signature_algorithm(certificate: x509.Certificate, digest: str) -> dict[str, Any]:
    key = certificate.public_key()
    if digest in STRONG_DIGESTS:
        if isinstance(key, rsa.RSAPublicKey):
            # RFC 3370 section 3.2: the bare key identifier with NULL, which all readers know
            return {"algorithm": RSA_ENCRYPTION, "parameters": core.Null()}
        if isinstance(key, ec.EllipticCurvePublicKey):
            # RFC 5754 section 3.3: parameters absent
            oid = next(oid for oid, name in ECDSA_WITH_DIGEST.items() if name == digest)
            return {"algorithm": oid}
    raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "no signature algorithm for this signer")


def _attributes(content: bytes, content_type: str, settings: SignatureSettings) -> Any:
    values: list[tuple[str, Any]] = [
        (OID_CONTENT_TYPE, core.ObjectIdentifier(content_type)),
        (OID_MESSAGE_DIGEST, core.OctetString(compute_digest(settings.digest, content))),
        (OID_SIGNER_DN, core.Any.load(settings.certificate.subject.public_bytes())),
    ]
    if settings.signing_time is not None:
        values.append((OID_SIGNING_TIME, _time(settings.signing_time)))
    if settings.fascn is not None:
        values.append((OID_FASCN, core.OctetString(settings.fascn.octets)))
    if settings.entry_uuid is not None:
        values.append((OID_ENTRY_UUID, core.OctetString(settings.entry_uuid.octets)))
    return asn1.Attributes([{"type": oid, "values": [value]} for oid, value in values])


def _time(moment: datetime) -> Any:
    # RFC 5652 section 11.3: UTCTime until 2049, whole seconds
    instant = require_utc(moment).replace(microsecond=0)
    return (core.UTCTime if 1950 <= instant.year < 2050 else core.GeneralizedTime)(instant)
