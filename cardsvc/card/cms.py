"""CMS SignedData as the objects of a card carry it: parse and verify.

Spec: RFC 5652 section 5; FIPS 201-3 section 4.2.1 and appendix B.1 for content types and
signed attributes. Exactly one signer. Signatures are checked over the octets received.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core
from cryptography import x509

from cardsvc.card import asn1, tlv
from cardsvc.card.certificates import parse_certificate, serial_number_of
from cardsvc.card.cms_algorithms import (
    SignatureAlgorithm,
    compute_digest,
    digest_by_oid,
    is_strong,
    is_valid,
    parse_signature_algorithm,
)
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError

OID_SIGNED_DATA = "1.2.840.113549.1.7.2"
OID_DATA = "1.2.840.113549.1.7.1"
OID_CHUID_SECURITY_OBJECT = "2.16.840.1.101.3.6.1"
OID_BIOMETRIC_OBJECT = "2.16.840.1.101.3.6.2"
OID_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
OID_LDS_SECURITY_OBJECT_OLD = "1.3.27.1.1.1"
"""The identifier of ICAO's technical report 1.1, which federal cards still carry."""

OID_CONTENT_TYPE = "1.2.840.113549.1.9.3"
OID_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
OID_SIGNING_TIME = "1.2.840.113549.1.9.5"
OID_SIGNER_DN = "2.16.840.1.101.3.6.5"
OID_FASCN = "2.16.840.1.101.3.6.6"
OID_ENTRY_UUID = "1.3.6.1.1.16.4"

_SET = 0x31
_CERTIFICATE_TAG = 0x30
_UTC_TIME = 0x17


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """Signed attributes that FIPS 201-3 and RFC 5652 section 11 name.

    Args:
        content_type: must equal the content's type.
        message_digest: digest of the content.
        signing_time: aware UTC, where given.
        signer_dn: pivSigner-DN, a Name in DER.
        fascn: pivFASC-N, the card's.
        entry_uuid: the card's GUID (RFC 4530).
    """

    content_type: str
    message_digest: bytes
    signing_time: datetime | None = None
    signer_dn: bytes | None = None
    fascn: Fascn | None = None
    entry_uuid: CardGuid | None = None


@dataclass(frozen=True, slots=True)
class SignedData:
    """One parsed SignedData with its one signer; nothing is verified yet.

    Args:
        content_type: eContentType, dotted.
        content: encapsulated content, None where the signature is detached.
        certificates: those embedded, in the order received; trusted by nobody yet.
        signer_issuer: Name in DER, with ``signer_serial_number``; None where a key
            identifier names the signer.
        signer_serial_number: see above.
        signer_key_identifier: subjectKeyIdentifier, or None.
        digest: name of the digest of the content.
        signature_algorithm: scheme and digest of the signature.
        signature: as received.
        attributes: None where nothing but the content is signed.
        attributes_octets: the forms in which the attributes may have been signed; the
            first is as received with the SET OF tag (RFC 5652 section 5.4).
    """

    content_type: str
    content: bytes | None
    certificates: tuple[x509.Certificate, ...]
    signer_issuer: bytes | None
    signer_serial_number: int | None
    signer_key_identifier: bytes | None
    digest: str
    signature_algorithm: SignatureAlgorithm
    signature: bytes
    attributes: SignedAttributes | None
    attributes_octets: tuple[bytes, ...]

    def is_by(self, certificate: x509.Certificate) -> bool:
        """Tell whether the signer identifier names this certificate."""
        if self.signer_key_identifier is not None:
            return self.signer_key_identifier == subject_key_identifier(certificate)
        return serial_number_of(certificate) == self.signer_serial_number and asn1.same_name(
            self.signer_issuer or b"", certificate.issuer.public_bytes()
        )

    def signer(self, candidates: Iterable[x509.Certificate] = ()) -> x509.Certificate | None:
        """Return the signer's certificate among those embedded, then ``candidates``."""
        return next((one for one in (*self.certificates, *candidates) if self.is_by(one)), None)

    def names_signer_dn(self, certificate: x509.Certificate) -> bool:
        """Tell whether pivSigner-DN, where there is one, is the certificate's subject."""
        if self.attributes is None or self.attributes.signer_dn is None:
            return True
        return asn1.same_name(self.attributes.signer_dn, certificate.subject.public_bytes())


def subject_key_identifier(certificate: x509.Certificate) -> bytes | None:
    """Return the subjectKeyIdentifier extension's octets, or None."""
    try:
        return certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value.digest
    except x509.ExtensionNotFound:
        return None


def parse_signed_data(octets: bytes) -> SignedData:
    """Parse a ContentInfo that holds SignedData with one signer.

    BER is read where cards in the field use it: long lengths, unsorted sets, segments.

    Raises:
        Malformed: anything else, trailing octets, no or several signers, an unknown
            algorithm, a repeated attribute, or attributes missing where RFC 5652 section 5.3
            asks for them.
    """
    with asn1.parsing(ReasonCode.MALFORMED_CMS, "SignedData"):
        info = asn1.ContentInfo.load(octets, strict=True)
        if info["content_type"].dotted != OID_SIGNED_DATA:
            raise Malformed(ReasonCode.MALFORMED_CMS, "not SignedData")
        value = info["content"]
        if len(value["signer_infos"]) != 1:
            raise Malformed(ReasonCode.MALFORMED_CMS, "one signer is due")
        signer = value["signer_infos"][0]
        encapsulated = value["encap_content_info"]
        content_type = encapsulated["content_type"].dotted
        content = encapsulated["content"].native
        issuer, serial, key_identifier = _signer_identifier(signer["sid"])
        digest = digest_by_oid(signer["digest_algorithm"]["algorithm"].dotted)
        algorithm = signer["signature_algorithm"]
        attributes = _signed_attributes(signer["signed_attrs"])
        if attributes is None and content_type != OID_DATA:
            raise Malformed(ReasonCode.MALFORMED_CMS, "signed attributes are missing")
        return SignedData(
            content_type=content_type,
            content=content,
            certificates=_certificates(value["certificates"]),
            signer_issuer=issuer,
            signer_serial_number=serial,
            signer_key_identifier=key_identifier,
            digest=digest,
            signature_algorithm=parse_signature_algorithm(
                algorithm["algorithm"].dotted, _dump(algorithm["parameters"]), digest
            ),
            signature=signer["signature"].native,
            attributes=attributes,
            attributes_octets=()
            if attributes is None
            else _attributes_octets(signer["signed_attrs"]),
        )


def _dump(value: Any) -> bytes | None:
    return None if isinstance(value, core.Void) else bytes(value.dump())


def _signer_identifier(sid: Any) -> tuple[bytes | None, int | None, bytes | None]:
    if sid.name == "subject_key_identifier":
        return None, None, sid.chosen.native
    return sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native, None


def _certificates(field: Any) -> tuple[x509.Certificate, ...]:
    if isinstance(field, core.Void):
        return ()
    encoded = [member.dump() for member in field]
    # The other choices (attribute certificates, RFC 5652 section 10.2.2) are passed over.
    return tuple(parse_certificate(one) for one in encoded if one[0] == _CERTIFICATE_TAG)


def _attributes_octets(field: Any) -> tuple[bytes, ...]:
    """Return the forms that may be signed, most literal first.

    RFC 5652 section 5.4 signs the DER encoding under the SET OF tag. Signers that sent a long
    length or an unsorted set signed either that very field or its DER form; every form holds
    the very attributes received.
    """
    members = [member.dump() for member in field]
    as_received = bytes([_SET]) + field.dump()[1:]
    in_order = tlv.encode(_SET, b"".join(members))
    in_sorted_order = tlv.encode(_SET, b"".join(sorted(members)))
    return tuple(dict.fromkeys((as_received, in_order, in_sorted_order)))


def _signed_attributes(field: Any) -> SignedAttributes | None:
    if isinstance(field, core.Void):
        return None
    known: dict[str, Any] = {}
    for attribute in field:
        oid = attribute["type"].dotted
        if oid not in _ATTRIBUTES:
            continue
        if oid in known or len(attribute["values"]) != 1:
            raise Malformed(ReasonCode.MALFORMED_CMS, "an attribute stands twice or is empty")
        known[oid] = _ATTRIBUTES[oid](attribute["values"][0])
    if OID_CONTENT_TYPE not in known or OID_MESSAGE_DIGEST not in known:
        raise Malformed(ReasonCode.MALFORMED_CMS, "content type or message digest is missing")
    return SignedAttributes(
        content_type=known[OID_CONTENT_TYPE],
        message_digest=known[OID_MESSAGE_DIGEST],
        signing_time=known.get(OID_SIGNING_TIME),
        signer_dn=known.get(OID_SIGNER_DN),
        fascn=known.get(OID_FASCN),
        entry_uuid=known.get(OID_ENTRY_UUID),
    )


def _time(value: Any) -> datetime:
    # GeneralizedTime and UTCTime by their tag (RFC 5652 section 11.3)
    form = core.UTCTime if value.dump()[0] == _UTC_TIME else core.GeneralizedTime
    moment = value.parse(form).native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise Malformed(ReasonCode.MALFORMED_CMS, "the signing time has no zone")
    return moment.astimezone(UTC)


def _octet_string(value: Any) -> bytes:
    return bytes(value.parse(core.OctetString).native)


_ATTRIBUTES: dict[str, Any] = {
    OID_CONTENT_TYPE: lambda value: value.parse(core.ObjectIdentifier).dotted,
    OID_MESSAGE_DIGEST: _octet_string,
    OID_SIGNING_TIME: _time,
    OID_SIGNER_DN: lambda value: value.dump(),
    OID_FASCN: lambda value: Fascn(_octet_string(value)),
    OID_ENTRY_UUID: lambda value: CardGuid(_octet_string(value)),
}


def verify_signed_data(
    signed: SignedData,
    content: bytes | None,
    certificate: x509.Certificate,
    *,
    reason: ReasonCode = ReasonCode.OBJECT_BAD_SIGNATURE,
) -> None:
    """Verify that ``certificate``'s key signed the content; the certificate is not judged.

    Spec: RFC 5652 sections 5.4 and 5.6.

    Args:
        signed: from ``parse_signed_data``.
        content: what a detached signature covers; None where it is encapsulated.
        certificate: the signer's.
        reason: what a failure is recorded as.

    Raises:
        VerificationError: ``reason`` for content, attributes, signer or signature that do
            not fit; WEAK_ALGORITHM where all fit but digest or key is too weak.
    """
    covered = signed.content if content is None else content
    if covered is None:
        raise VerificationError(reason, "the signature is detached and no content was given")
    if signed.content is not None and signed.content != covered:
        raise VerificationError(reason, "the content encapsulated is another one")
    if not signed.is_by(certificate):
        raise VerificationError(reason, "the signer is somebody else")
    forms = signed.attributes_octets
    if signed.attributes is None:
        forms = (covered,)
    else:
        _check_attributes(signed, signed.attributes, covered, reason)
    key = certificate.public_key()
    algorithm = signed.signature_algorithm
    if not any(is_valid(key, algorithm, signed.signature, form) for form in forms):
        raise VerificationError(reason, "the signature does not verify")
    if not is_strong(key, algorithm, signed.digest):
        raise VerificationError(ReasonCode.WEAK_ALGORITHM, "a weak digest or key")


def _check_attributes(
    signed: SignedData, attributes: SignedAttributes, covered: bytes, reason: ReasonCode
) -> None:
    if attributes.content_type != signed.content_type:
        raise VerificationError(reason, "the content type signed is another one")
    computed = compute_digest(signed.digest, covered)
    if not hmac.compare_digest(attributes.message_digest, computed):
        raise VerificationError(reason, "the content is not what was signed")
