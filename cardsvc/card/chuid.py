"""The CHUID: the card's identifiers and expiry under the issuer's signature.

Spec: SP 800-73-5 Part 1 section 3.1.2 and table 9; FIPS 201-3 section 4.2.1.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from cryptography import x509

from cardsvc.card import tlv
from cardsvc.card.cms import (
    OID_CHUID_SECURITY_OBJECT,
    SignedData,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.fascn import NON_FEDERAL_FASCN, Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.template import (
    TAG_ERROR_DETECTION_CODE,
    encode_date,
    parse_date,
    parse_template,
    refuse_overlong,
    require,
)
from cardsvc.errors import Malformed, ReasonCode, VerificationError

TAG_BUFFER_LENGTH = 0xEE
TAG_FASCN = 0x30
TAG_AGENCY_CODE = 0x31
TAG_ORGANIZATIONAL_IDENTIFIER = 0x32
TAG_DUNS = 0x33
TAG_GUID = 0x34
TAG_EXPIRATION_DATE = 0x35
TAG_CARDHOLDER_UUID = 0x36
TAG_AUTHENTICATION_KEY_MAP = 0x3D
TAG_SIGNATURE = 0x3E

_LIMITS = {
    TAG_BUFFER_LENGTH: 2,
    TAG_AGENCY_CODE: 4,
    TAG_ORGANIZATIONAL_IDENTIFIER: 4,
    TAG_DUNS: 9,
    TAG_AUTHENTICATION_KEY_MAP: 512,
}
"""Most octets of optional fields (SP 800-73-4 Part 1 table 9, where the old ones still stand).

The signature is not bounded by the table's 2,816 octets: RSA-3072 and -4096 signers with
long certificates pass it, and GET DATA bounds the object already.
"""


@dataclass(frozen=True, slots=True)
class UnverifiedChuid:
    """A CHUID as read; nothing in it is trusted before ``verify_chuid``.

    Args:
        fascn: 25 octets.
        guid: the card's GUID; all zero on cards older than SP 800-73-3.
        expiration_date: last day of the card.
        agency_code: tag 31, at most 4 octets, empty where absent.
        organizational_identifier: tag 32, at most 4 octets.
        duns: tag 33, at most 9 octets.
        cardholder_uuid: tag 36, names the person, not the card.
        authentication_key_map: tag 3D, withdrawn since.
        signature: tag 3E, CMS SignedData; None where the CHUID is unsigned.
        has_error_detection_code: whether FE is there.
        signed_octets: the data objects received without the signature's.
        signed_forms: what issuers in the field sign: those octets first, then without FE,
            without EE, without either.
    """

    fascn: Fascn
    guid: CardGuid
    expiration_date: date
    agency_code: bytes
    organizational_identifier: bytes
    duns: bytes
    cardholder_uuid: uuid.UUID | None
    authentication_key_map: bytes
    signature: bytes | None
    has_error_detection_code: bool
    signed_octets: bytes
    signed_forms: tuple[bytes, ...]

    def signed_data(self) -> SignedData:
        """Return the parsed signature.

        Raises:
            VerificationError: CHUID_UNSIGNED.
            Malformed: not CMS SignedData.
        """
        if self.signature is None:
            raise VerificationError(ReasonCode.CHUID_UNSIGNED, "the CHUID has no signature")
        return parse_signed_data(self.signature)


def parse_chuid(octets: bytes) -> UnverifiedChuid:
    """Parse a CHUID's contents; tags may stand in any order.

    Raises:
        Malformed: MALFORMED_CHUID for a field missing, repeated, of another length or
            overlong, or trailing octets; MALFORMED_FASCN, MALFORMED_GUID.
    """
    reason = ReasonCode.MALFORMED_CHUID
    found = parse_template(octets, reason)
    for tag, limit in _LIMITS.items():
        refuse_overlong(found.get(tag, b""), limit, tag, reason)
    holder = found.get(TAG_CARDHOLDER_UUID, b"")
    if len(holder) not in (0, 16):
        raise Malformed(reason, "a cardholder UUID has 16 octets")
    forms = _signed_forms(octets)
    return UnverifiedChuid(
        fascn=Fascn(require(found, TAG_FASCN, reason)),
        guid=CardGuid(require(found, TAG_GUID, reason)),
        expiration_date=parse_date(require(found, TAG_EXPIRATION_DATE, reason), reason),
        agency_code=found.get(TAG_AGENCY_CODE, b""),
        organizational_identifier=found.get(TAG_ORGANIZATIONAL_IDENTIFIER, b""),
        duns=found.get(TAG_DUNS, b""),
        cardholder_uuid=uuid.UUID(bytes=holder) if holder else None,
        authentication_key_map=found.get(TAG_AUTHENTICATION_KEY_MAP, b""),
        signature=found.get(TAG_SIGNATURE) or None,
        has_error_detection_code=TAG_ERROR_DETECTION_CODE in found,
        signed_octets=forms[0],
        signed_forms=forms,
    )


def _signed_forms(octets: bytes) -> tuple[bytes, ...]:
    """Return the received octets without 3E, and without the fields that hold no data.

    The specifications sign "all but the signature"; issuers differ on whether the empty FE
    and the withdrawn buffer length EE belong to it. Neither says anything about the card.
    """
    pieces: list[tuple[int, bytes]] = []
    at = 0
    while at < len(octets):
        item, end = tlv.read_one(octets, at)
        if item.tag != TAG_SIGNATURE:
            pieces.append((item.tag, octets[at:end]))
        at = end
    without: tuple[frozenset[int], ...] = (
        frozenset(),
        frozenset({TAG_ERROR_DETECTION_CODE}),
        frozenset({TAG_BUFFER_LENGTH}),
        frozenset({TAG_ERROR_DETECTION_CODE, TAG_BUFFER_LENGTH}),
    )
    forms = (b"".join(raw for tag, raw in pieces if tag not in left) for left in without)
    return tuple(dict.fromkeys(forms))


def verify_chuid(
    chuid: UnverifiedChuid, certificate: x509.Certificate | None = None
) -> x509.Certificate:
    """Verify the issuer's signature; whether the signer may sign is for path validation.

    Spec: FIPS 201-3 section 4.2.1, RFC 5652 section 5.6.

    Args:
        chuid: as parsed.
        certificate: the signer's, where the CHUID does not hold it itself.

    Returns:
        The signer's certificate, its path still to be validated.

    Raises:
        VerificationError: CHUID_UNSIGNED, CHUID_BAD_SIGNATURE or WEAK_ALGORITHM.
        Malformed: the signature is not CMS SignedData.
    """
    reason = ReasonCode.CHUID_BAD_SIGNATURE
    signed = chuid.signed_data()
    if signed.content_type != OID_CHUID_SECURITY_OBJECT:
        raise VerificationError(reason, "another content type is signed")
    signer = signed.signer(() if certificate is None else (certificate,))
    if signer is None:
        raise VerificationError(reason, "the signer's certificate is missing")
    failure: VerificationError | None = None
    for form in chuid.signed_forms:
        try:
            verify_signed_data(signed, form, signer, reason=reason)
        except VerificationError as error:
            if error.reason is not reason:
                raise
            failure = failure or error
        else:
            return signer
    raise failure or VerificationError(reason)


def encode_chuid(
    guid: CardGuid,
    expiration_date: date,
    *,
    fascn: Fascn = NON_FEDERAL_FASCN,
    cardholder_uuid: uuid.UUID | None = None,
) -> bytes:
    """Return an unsigned CHUID's contents, with an empty FE at the end.

    It is what the signature is to cover (content type OID_CHUID_SECURITY_OBJECT, detached);
    ``attach_signature`` makes it whole.
    """
    fields = [
        (TAG_FASCN, fascn.octets),
        (TAG_GUID, guid.octets),
        (TAG_EXPIRATION_DATE, encode_date(expiration_date)),
    ]
    if cardholder_uuid is not None:
        fields.append((TAG_CARDHOLDER_UUID, cardholder_uuid.bytes))
    fields.append((TAG_ERROR_DETECTION_CODE, b""))
    return tlv.encode_all(fields)


def attach_signature(unsigned_chuid: bytes, signature: bytes) -> bytes:
    """Return a CHUID's contents with the signature before its error detection code.

    Args:
        unsigned_chuid: from ``encode_chuid``.
        signature: detached CMS SignedData over exactly those octets.
    """
    tail = tlv.encode(TAG_ERROR_DETECTION_CODE)
    head = unsigned_chuid.removesuffix(tail)
    return head + tlv.encode(TAG_SIGNATURE, signature) + unsigned_chuid[len(head) :]
