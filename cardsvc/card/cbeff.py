"""Signed biometric records: the PIV patron format of CBEFF around face, fingers or iris.

Spec: SP 800-76-2 section 9 and table 14 (header), SP 800-73-5 Part 1 tables 11, 14 and 41
(tag BC); FIPS 201-3 section 4.2.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509

from cardsvc.card import tlv
from cardsvc.card.cms import (
    OID_BIOMETRIC_OBJECT,
    SignedData,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.cms_signing import SignatureSettings, sign_detached
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.template import TAG_ERROR_DETECTION_CODE, parse_template, require
from cardsvc.clock import require_utc
from cardsvc.errors import CardError, Malformed, ReasonCode, VerificationError

TAG_BIOMETRIC = 0xBC
HEADER_OCTETS = 88
_HEADER = struct.Struct(">BBIHHH8s8s8s3sBb18s25s4s")
PATRON_HEADER_VERSION = 0x03
SECURITY_SIGNED = 0x0D
"""SBH security options: signed, not encrypted."""
SECURITY_ENCRYPTED = 0x0F
FORMAT_OWNER_INCITS = 0x001B
FORMAT_TYPE_FINGER_MINUTIAE = 0x0201
FORMAT_TYPE_FACE = 0x0501
TYPE_FACE = 0x000002
TYPE_FINGER = 0x000008
TYPE_IRIS = 0x000010
DATA_TYPE_RAW = 0x20
DATA_TYPE_PROCESSED = 0x80
_CREATOR_OCTETS = 17
_MAX_SIGNING_ROUNDS = 64
"""An ECDSA signature's length varies by a few octets and stands inside what it signs; the
length meant comes up every second or third time, so that this many rounds never run out."""


@dataclass(frozen=True, slots=True)
class BiometricHeader:
    """The fields of the 88-octet header; numbers are big-endian on the card.

    Args:
        created_at: when the biometric was taken, UTC.
        valid_from: first instant of validity, UTC.
        valid_until: last instant of validity, UTC.
        fascn: the card that the record is for.
        format_owner: registered owner of the record's format.
        format_type: the format, together with the owner.
        biometric_type: face, finger or iris.
        data_type: raw, intermediate or processed.
        quality: -2 to 100.
        creator: who made it, at most 17 ASCII characters.
        security_options: signed, or signed and encrypted.
        version: patron header version.
    """

    created_at: datetime
    valid_from: datetime
    valid_until: datetime
    fascn: Fascn
    format_owner: int = FORMAT_OWNER_INCITS
    format_type: int = FORMAT_TYPE_FACE
    biometric_type: int = TYPE_FACE
    data_type: int = DATA_TYPE_RAW
    quality: int = -2
    creator: str = ""
    security_options: int = SECURITY_SIGNED
    version: int = PATRON_HEADER_VERSION


@dataclass(frozen=True, slots=True)
class UnverifiedBiometric:
    """A biometric object as read; nothing in it is trusted before ``verify_biometric``.

    Args:
        header: the parsed header.
        record: the biometric data block.
        signature: CMS SignedData.
        signed_octets: header and record as received.
    """

    header: BiometricHeader
    record: bytes
    signature: bytes
    signed_octets: bytes

    def signed_data(self) -> SignedData:
        """Return the parsed signature; its attributes name FASC-N and GUID.

        Raises:
            VerificationError: OBJECT_BAD_SIGNATURE, there is none.
            Malformed: not CMS SignedData.
        """
        if not self.signature:
            raise VerificationError(ReasonCode.OBJECT_BAD_SIGNATURE, "the record is unsigned")
        return parse_signed_data(self.signature)


def parse_biometric(
    octets: bytes, reason: ReasonCode = ReasonCode.MALFORMED_BIOMETRIC
) -> UnverifiedBiometric:
    """Parse the contents of a fingerprint, facial image or iris object.

    Raises:
        Malformed: with ``reason``; lengths that do not fill the object exactly, a date that
            is none, a FASC-N that is none.
    """
    value = require(parse_template(octets, reason), TAG_BIOMETRIC, reason)
    if len(value) < HEADER_OCTETS:
        raise Malformed(reason, "the header is cut short")
    fields = _HEADER.unpack_from(value)
    version, options, record_octets, signature_octets, owner, form = fields[:6]
    created, valid_from, valid_until, kind, data_type, quality, creator, fascn, _ = fields[6:]
    end = HEADER_OCTETS + record_octets
    if end + signature_octets != len(value):
        raise Malformed(reason, "the lengths do not fill the object")
    header = BiometricHeader(
        created_at=parse_instant(created, reason),
        valid_from=parse_instant(valid_from, reason),
        valid_until=parse_instant(valid_until, reason),
        fascn=Fascn(fascn),
        format_owner=owner,
        format_type=form,
        biometric_type=int.from_bytes(kind, "big"),
        data_type=data_type,
        quality=quality,
        creator=creator.split(b"\x00")[0].decode("ascii", "replace"),
        security_options=options,
        version=version,
    )
    return UnverifiedBiometric(header, value[HEADER_OCTETS:end], value[end:], value[:end])


def parse_instant(octets: bytes, reason: ReasonCode) -> datetime:
    """Parse an 8-octet date: each pair of digits of ``YYYYMMDDhhmmss`` a binary octet, then Z.

    Spec: SP 800-76-2 table 14 note 4. Octets that only make sense as decimal digits (20 30
    for 2030) are read as those: issuers have taken the note both ways.

    Raises:
        Malformed: with ``reason``; no such instant.
    """
    if len(octets) != _INSTANT_OCTETS:
        raise Malformed(reason, "not a date")
    pairs = list(octets[:7])
    if octets[0] in _CENTURIES_IN_DECIMAL:
        if not octets[:7].hex().isdecimal():
            raise Malformed(reason, "not a date")
        pairs = [int(f"{octet:02x}") for octet in octets[:7]]
    if octets[7:] != b"Z" or max(pairs[:2]) > 99:
        raise Malformed(reason, "not a date")
    century, year, month, day, hour, minute, second = pairs
    try:
        return datetime(century * 100 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Malformed(reason, "no such instant") from error


_INSTANT_OCTETS = 8
_CENTURIES_IN_DECIMAL = (0x19, 0x20)


def encode_instant(moment: datetime) -> bytes:
    """Return the 8 octets of an instant, in binary (SP 800-76-2 table 14 note 4)."""
    at = require_utc(moment)
    pairs = [at.year // 100, at.year % 100, at.month, at.day, at.hour, at.minute, at.second]
    return bytes(pairs) + b"Z"


def verify_biometric(
    biometric: UnverifiedBiometric, certificate: x509.Certificate | None = None
) -> x509.Certificate:
    """Verify the signature over header and record; whether the signer may is for others.

    Spec: SP 800-76-2 section 9.3; FIPS 201-3 section 4.2.3.2.

    Args:
        biometric: as parsed.
        certificate: the CHUID's signer, who signs where the record holds no certificate.

    Returns:
        The signer's certificate, its path still to be validated.

    Raises:
        VerificationError: OBJECT_BAD_SIGNATURE or WEAK_ALGORITHM.
        Malformed: the signature is not CMS SignedData.
    """
    reason = ReasonCode.OBJECT_BAD_SIGNATURE
    signed = biometric.signed_data()
    if signed.content_type != OID_BIOMETRIC_OBJECT:
        raise VerificationError(reason, "another content type is signed")
    signer = signed.signer(() if certificate is None else (certificate,))
    if signer is None:
        raise VerificationError(reason, "the signer's certificate is missing")
    verify_signed_data(signed, biometric.signed_octets, signer, reason=reason)
    return signer


def encode_header(header: BiometricHeader, record_octets: int, signature_octets: int) -> bytes:
    """Return the 88 octets.

    Raises:
        Malformed: the creator is not ASCII or longer than 17 characters.
    """
    if not header.creator.isascii() or len(header.creator) > _CREATOR_OCTETS:
        raise Malformed(ReasonCode.MALFORMED_BIOMETRIC, "the creator has 17 ASCII characters")
    return _HEADER.pack(
        header.version,
        header.security_options,
        record_octets,
        signature_octets,
        header.format_owner,
        header.format_type,
        encode_instant(header.created_at),
        encode_instant(header.valid_from),
        encode_instant(header.valid_until),
        header.biometric_type.to_bytes(3, "big"),
        header.data_type,
        header.quality,
        header.creator.encode("ascii"),
        header.fascn.octets,
        bytes(4),
    )


def sign_biometric(
    header: BiometricHeader, record: bytes, guid: CardGuid, settings: SignatureSettings
) -> bytes:
    """Return the contents of a signed biometric object.

    Args:
        header: dates, kind and FASC-N.
        record: the biometric data block.
        guid: the card, as entryUUID beside pivFASC-N in the signed attributes.
        settings: the content signer.

    Raises:
        CardError: UNSUPPORTED_ALGORITHM, the signer can't sign, or never in one length.
    """
    bound = replace(settings, fascn=header.fascn, entry_uuid=guid)
    signature = sign_detached(record, OID_BIOMETRIC_OBJECT, bound)
    for _ in range(_MAX_SIGNING_ROUNDS):
        expected_octets = len(signature)
        covered = encode_header(header, len(record), expected_octets) + record
        signature = sign_detached(covered, OID_BIOMETRIC_OBJECT, bound)
        if len(signature) == expected_octets:
            return tlv.encode_all(
                [(TAG_BIOMETRIC, covered + signature), (TAG_ERROR_DETECTION_CODE, b"")]
            )
    raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "the signature's length never settles")
