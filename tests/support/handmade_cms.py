"""CMS SignedData made octet by octet, so that tests can make what our encoder would not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.card.cms import (
    OID_CHUID_SECURITY_OBJECT,
    OID_CONTENT_TYPE,
    OID_MESSAGE_DIGEST,
    OID_SIGNED_DATA,
)
from tests.support.content_signers import content_signer


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER in DER."""
    first, second, *rest = map(int, dotted.split("."))
    body = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, arc & 0x7F | 0x80)
        body += bytes(septets)
    return tlv.encode(0x06, body)


SHA256 = tlv.encode(0x30, oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = tlv.encode(0x30, oid("1.2.840.10045.4.3.2"))


def attribute(kind: str, *values: bytes) -> bytes:
    return tlv.encode(0x30, oid(kind) + tlv.encode(0x31, b"".join(values)))


def octets_attribute(kind: str, value: bytes) -> bytes:
    return attribute(kind, tlv.encode(0x04, value))


def attributes_of(content: bytes, content_type: str = OID_CHUID_SECURITY_OBJECT) -> list[bytes]:
    return sorted(
        [
            attribute(OID_CONTENT_TYPE, oid(content_type)),
            octets_attribute(OID_MESSAGE_DIGEST, hashlib.sha256(content).digest()),
        ]
    )


def signer_id(certificate: x509.Certificate) -> bytes:
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return tlv.encode(0x30, certificate.issuer.public_bytes() + tlv.encode(0x02, number))


def long_form(tag: int, value: bytes) -> bytes:
    """A data object whose length takes four octets whatever it is."""
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value


def handmade(
    members: Sequence[bytes] | None,
    *,
    content_type: str = OID_CHUID_SECURITY_OBJECT,
    content: bytes | None = None,
    sign_over: bytes | None = None,
    signature: bytes | None = None,
    identifier: bytes | None = None,
    certificates: Sequence[x509.Certificate] | None = None,
    raw_certificates: bytes | None = None,
    digest: bytes = SHA256,
    algorithm: bytes = ECDSA_SHA256,
    unsigned: bytes = b"",
    signers: int = 1,
    long_lengths: bool = False,
) -> bytes:
    """SignedData by the P-256 test signer, each part as given."""
    signer = content_signer()
    wrap = long_form if long_lengths else tlv.encode
    body = b"".join(members or ())
    if signature is None:
        signature = signer.sign_with("sha256", sign_over or tlv.encode(0x31, body))
    info = tlv.encode(0x02, b"\x01") + (identifier or signer_id(signer.certificate)) + digest
    info += b"" if members is None else wrap(0xA0, body)
    info += algorithm + wrap(0x04, signature)
    info += tlv.encode(0xA1, unsigned) if unsigned else b""
    if raw_certificates is None:
        held = [signer.certificate] if certificates is None else certificates
        raw_certificates = b"".join(one.public_bytes(Encoding.DER) for one in held)
    eci = oid(content_type)
    eci += b"" if content is None else wrap(0xA0, wrap(0x04, content))
    data = tlv.encode(0x02, b"\x03") + wrap(0x31, digest) + wrap(0x30, eci)
    data += wrap(0xA0, raw_certificates) + wrap(0x31, wrap(0x30, info) * signers)
    return wrap(0x30, oid(OID_SIGNED_DATA) + wrap(0xA0, wrap(0x30, data)))
