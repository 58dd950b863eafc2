"""A certificate cut into its parts, as octets; what is in them is read elsewhere.

For those who handle certificates by the thousand: most parts of one are octet for octet those of
the one before, and comparing octets costs less than reading them anew.
"""

from __future__ import annotations

from typing import NamedTuple

from cardsvc.errors import Malformed, ReasonCode

_INTEGER, _BIT_STRING, _SEQUENCE, _VERSION, _EXTENSIONS = 0x02, 0x03, 0x30, 0xA0, 0xA3
_SIGNED_PARTS = (
    _VERSION, _INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE, _EXTENSIONS,
)  # fmt: skip
_OUTER_PARTS = (_SEQUENCE, _BIT_STRING)
_LONG_FORMS = {0x81: 0x80, 0x82: 0x100}
"""The first octet of a longer length, and the shortest that is written so."""


class CertificateParts(NamedTuple):
    """The parts of a certificate (RFC 5280 section 4.1), each with its tag and length.

    Attributes:
        signed: the TBSCertificate, which is what the issuer signs.
        version: with its explicit tag.
        serial: an INTEGER.
        algorithm: the AlgorithmIdentifier that stands in what is signed.
        issuer: a Name.
        validity: a SEQUENCE of two times.
        subject: a Name, maybe of no attributes.
        public_key: the SubjectPublicKeyInfo.
        extensions: with their explicit tag; there are some.
        outer_algorithm: the AlgorithmIdentifier beside the signature.
        signature: the octets of the BIT STRING.
    """

    signed: bytes
    version: bytes
    serial: bytes
    algorithm: bytes
    issuer: bytes
    validity: bytes
    subject: bytes
    public_key: bytes
    extensions: bytes
    outer_algorithm: bytes
    signature: bytes


def parse_certificate_parts(der: bytes) -> CertificateParts:
    """Cut a certificate of version 3 into its parts.

    Spec: RFC 5280 section 4.1, in DER; without unique identifiers, which section 4.1.2.8 forbids.

    Raises:
        Malformed: MALFORMED_CERTIFICATE; parts are missing, trail, or are not in their order.
    """
    try:
        return _cut(der)
    except IndexError:
        raise _malformed("cut short") from None


def parse_signed_part(der: bytes) -> tuple[bytes, bytes]:
    """Return a certificate's TBSCertificate and the AlgorithmIdentifier beside its signature.

    Spec: RFC 5280 section 4.1; nothing inside them is looked at.

    Raises:
        Malformed: MALFORMED_CERTIFICATE.
    """
    try:
        start, end = _value(der, 0)
        signed, algorithm, signature = _ends(der, start, (_SEQUENCE, *_OUTER_PARTS))
    except IndexError:
        raise _malformed("cut short") from None
    if signature != end or end != len(der):
        raise _malformed("parts trail, or overrun what holds them")
    return der[start:signed], der[signed:algorithm]


def _cut(der: bytes) -> CertificateParts:
    content, end = _value(der, 0)
    start, signed_end = _value(der, content)
    version, serial, algorithm, issuer, validity, subject, public_key, extensions = _ends(
        der, start, _SIGNED_PARTS
    )
    outer, signature_end = _ends(der, signed_end, _OUTER_PARTS)
    if extensions != signed_end or signature_end != end or end != len(der):
        raise _malformed("parts trail, or overrun what holds them")
    signature, _ = _value(der, outer, _BIT_STRING)
    if signature == signature_end or der[signature]:
        raise _malformed("a signature of odd bits")
    return CertificateParts(
        signed=der[content:signed_end],
        version=der[start:version],
        serial=der[version:serial],
        algorithm=der[serial:algorithm],
        issuer=der[algorithm:issuer],
        validity=der[issuer:validity],
        subject=der[validity:subject],
        public_key=der[subject:public_key],
        extensions=der[public_key:extensions],
        outer_algorithm=der[signed_end:outer],
        signature=der[signature + 1 : signature_end],
    )


def _value(der: bytes, at: int, tag: int = _SEQUENCE) -> tuple[int, int]:
    """Return where the value of the element at ``at`` starts and ends."""
    (end,) = _ends(der, at, (tag,))
    length = der[at + 1]
    return at + 2 + (length & 0x7F if length >= 0x80 else 0), end


def _ends(der: bytes, at: int, expected_tags: tuple[int, ...]) -> list[int]:
    """Return where each of several elements, one after the other, ends (X.690 section 10.1)."""
    found = []
    for tag in expected_tags:
        if der[at] != tag:
            raise _malformed("a part is missing")
        length = der[at + 1]
        if length < 0x80:
            at += 2 + length
        else:
            start = at + 2 + (length & 0x7F)
            shortest = _LONG_FORMS.get(length)
            length = int.from_bytes(der[at + 2 : start], "big")
            if shortest is None or length < shortest:
                raise _malformed("a length is not in its shortest form, or too long")
            at = start + length
        if at > len(der):
            raise _malformed("cut short")
        found.append(at)
    return found


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_CERTIFICATE, f"certificate: {what}")
