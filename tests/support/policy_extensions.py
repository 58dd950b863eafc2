"""Certificate policies and mappings for tests."""

from __future__ import annotations

from cryptography import x509

from cardsvc.card import tlv


def oid_octets(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = b""
    for arc in (40 * first + second, *rest):
        groups = [arc >> shift & 0x7F for shift in range(28, -1, -7) if arc >> shift or not shift]
        octets += bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])
    return octets


def policies(*dotted: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in dotted]
    )


def mappings(*pairs: tuple[str, str]) -> tuple[x509.UnrecognizedExtension, bool]:
    encoded = [
        (0x30, tlv.encode_all([(0x06, oid_octets(old)), (0x06, oid_octets(new))]))
        for old, new in pairs
    ]
    octets = tlv.encode(0x30, tlv.encode_all(encoded))
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), octets), True
