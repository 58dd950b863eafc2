"""A certificate's data object: DER or gzip in tag 70, and what CertInfo says of it.

Spec: SP 800-73-5 Part 1 appendix A, tables 10 and following; CertInfo in its notes.
"""

from __future__ import annotations

import gzip
import zlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.card.certificates import parse_certificate
from cardsvc.card.template import TAG_ERROR_DETECTION_CODE, parse_template, refuse_overlong, require
from cardsvc.errors import Malformed, ReasonCode

TAG_CERTIFICATE = 0x70
TAG_CERTIFICATE_INFO = 0x71
CERTIFICATE_INFO_PLAIN = 0x00
CERTIFICATE_INFO_GZIP = 0x01
"""Bit 0 of CertInfo: the certificate is compressed with gzip."""
MAX_INFLATED_OCTETS = 64 * 1024
_ANY_WINDOW = 47
"""zlib's window size for 32 KiB with a gzip (RFC 1952) or, as some cards do, zlib header."""
_DER_SEQUENCE = 0x30


def parse_certificate_object(octets: bytes) -> x509.Certificate:
    """Parse a certificate's data object; the certificate is not trusted yet.

    Raises:
        Malformed: MALFORMED_CERTIFICATE as for ``certificate_octets``, or no certificate.
    """
    return parse_certificate(certificate_octets(octets))


def certificate_octets(octets: bytes) -> bytes:
    """Return what a certificate's data object holds, inflated but not yet parsed.

    Whether it is compressed is told by its first octet, because cards set CertInfo wrongly;
    DER begins with 30, gzip never does. MSCUID (withdrawn) is passed over.

    Raises:
        Malformed: MALFORMED_CERTIFICATE for tags missing or repeated, an overlong CertInfo,
            or a compressed certificate beyond 64 KiB or with trailing octets.
    """
    reason = ReasonCode.MALFORMED_CERTIFICATE
    found = parse_template(octets, reason)
    held = require(found, TAG_CERTIFICATE, reason)
    refuse_overlong(found.get(TAG_CERTIFICATE_INFO, b""), 1, TAG_CERTIFICATE_INFO, reason)
    return held if held[:1] == bytes([_DER_SEQUENCE]) else inflate(held)


def inflate(octets: bytes) -> bytes:
    """Return what one gzip member or zlib stream holds, at most 64 KiB.

    Raises:
        Malformed: neither, cut short, trailing octets, or more than that.
    """
    reason = ReasonCode.MALFORMED_CERTIFICATE
    engine = zlib.decompressobj(wbits=_ANY_WINDOW)
    try:
        inflated = engine.decompress(octets, MAX_INFLATED_OCTETS + 1)
    except zlib.error as error:
        raise Malformed(reason, "not gzip") from error
    if len(inflated) > MAX_INFLATED_OCTETS:
        raise Malformed(reason, "the compressed certificate is a bomb")
    if not engine.eof or engine.unused_data or engine.unconsumed_tail:
        raise Malformed(reason, "the compressed certificate is cut short or trails octets")
    return inflated


def encode_certificate_object(certificate: x509.Certificate, *, compress: bool = False) -> bytes:
    """Return a certificate's data object.

    Args:
        certificate: what to hold.
        compress: with gzip; the header carries no time, so the octets are reproducible.
    """
    der = certificate.public_bytes(Encoding.DER)
    info = CERTIFICATE_INFO_GZIP if compress else CERTIFICATE_INFO_PLAIN
    return tlv.encode_all(
        [
            (TAG_CERTIFICATE, gzip.compress(der, mtime=0) if compress else der),
            (TAG_CERTIFICATE_INFO, bytes([info])),
            (TAG_ERROR_DETECTION_CODE, b""),
        ]
    )
