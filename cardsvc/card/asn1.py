"""The ASN.1 that a card carries, as declarations for asn1crypto; no decoder of our own.

Only what RFC 5652 and ICAO 9303-10 define and ``cryptography`` does not read is here.
Fields that we hand on (certificates, names, attribute values) are ``Any``: they keep the
octets received. See docs/adr/ADR-0002-asn1.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from asn1crypto import core, x509

from cardsvc.errors import Malformed, ReasonCode


@contextmanager
def parsing(reason: ReasonCode, what: str) -> Iterator[None]:
    """Turn whatever asn1crypto raises on ill-formed octets into ``Malformed``.

    The library decodes lazily, so every access to a decoded value belongs inside.
    """
    try:
        yield
    except Malformed:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        raise Malformed(reason, f"{what}: not the ASN.1 that is due") from error


def same_name(one_der: bytes, other_der: bytes) -> bool:
    """Tell whether two DER names are one by the rules of RFC 5280 section 7.1.

    Issuers re-encode names (UTF8String as PrintableString), so octets do not decide.
    """
    if one_der == other_der:
        return True
    try:
        return bool(x509.Name.load(one_der, strict=True) == x509.Name.load(other_der, strict=True))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        # the last: universal types that the library names but can't decode (REAL, …)
        return False


class AlgorithmIdentifier(core.Sequence):
    """RFC 5280 section 4.1.1.2."""

    _fields: ClassVar[Any] = [
        ("algorithm", core.ObjectIdentifier),
        ("parameters", core.Any, {"optional": True}),
    ]


class AlgorithmIdentifiers(core.SetOf):
    """RFC 5652 section 5.1, DigestAlgorithmIdentifiers."""

    _child_spec = AlgorithmIdentifier


class AnySet(core.SetOf):
    """A SET OF whose members keep their octets."""

    _child_spec = core.Any


class Attribute(core.Sequence):
    """RFC 5652 section 5.3."""

    _fields: ClassVar[Any] = [("type", core.ObjectIdentifier), ("values", AnySet)]


class Attributes(core.SetOf):
    """RFC 5652 section 5.3, SignedAttributes and UnsignedAttributes."""

    _child_spec = Attribute


class IssuerAndSerialNumber(core.Sequence):
    """RFC 5652 section 10.2.4."""

    _fields: ClassVar[Any] = [("issuer", core.Any), ("serial_number", core.Integer)]


class SignerIdentifier(core.Choice):
    """RFC 5652 section 5.3."""

    _alternatives: ClassVar[Any] = [
        ("issuer_and_serial_number", IssuerAndSerialNumber),
        ("subject_key_identifier", core.OctetString, {"implicit": 0}),
    ]


class SignerInfo(core.Sequence):
    """RFC 5652 section 5.3."""

    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("sid", SignerIdentifier),
        ("digest_algorithm", AlgorithmIdentifier),
        ("signed_attrs", Attributes, {"implicit": 0, "optional": True}),
        ("signature_algorithm", AlgorithmIdentifier),
        ("signature", core.OctetString),
        ("unsigned_attrs", Attributes, {"implicit": 1, "optional": True}),
    ]


class SignerInfos(core.SetOf):
    """RFC 5652 section 5.1."""

    _child_spec = SignerInfo


class EncapsulatedContentInfo(core.Sequence):
    """RFC 5652 section 5.2."""

    _fields: ClassVar[Any] = [
        ("content_type", core.ObjectIdentifier),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class SignedDataValue(core.Sequence):
    """RFC 5652 section 5.1."""

    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("digest_algorithms", AlgorithmIdentifiers),
        ("encap_content_info", EncapsulatedContentInfo),
        ("certificates", AnySet, {"implicit": 0, "optional": True}),
        ("crls", AnySet, {"implicit": 1, "optional": True}),
        ("signer_infos", SignerInfos),
    ]


class ContentInfo(core.Sequence):
    """RFC 5652 section 3."""

    _fields: ClassVar[Any] = [
        ("content_type", core.ObjectIdentifier),
        ("content", SignedDataValue, {"explicit": 0}),
    ]


class DataGroupHash(core.Sequence):
    """ICAO 9303-10 section 4.6.2.2."""

    _fields: ClassVar[Any] = [("number", core.Integer), ("value", core.OctetString)]


class DataGroupHashes(core.SequenceOf):
    """ICAO 9303-10 section 4.6.2.2."""

    _child_spec = DataGroupHash


class LdsSecurityObject(core.Sequence):
    """ICAO 9303-10 section 4.6.2.2; the version information is there from version 1 on."""

    _fields: ClassVar[Any] = [
        ("version", core.Integer),
        ("hash_algorithm", AlgorithmIdentifier),
        ("hashes", DataGroupHashes),
        ("lds_version_info", core.Any, {"optional": True}),
    ]
