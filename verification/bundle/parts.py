"""The other parts of a bundle: policies, and the CAs whose cards are trusted.

Spec: RFC 8259; certificates in DER, base64url without padding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.bundle_records import BundlePolicy
from cardsvc.card.certificates import UNREADABLE
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType, Realm
from cardsvc.wire.fields import (
    Fields,
    encode_instant,
    encode_object,
    encode_octets,
    parse_object,
)
from verification.path.trust import TrustMaterial
from verification.trusted import PkiTrust

MAX_PART_OCTETS = 1 << 20
_MAX_DOCUMENT_CHARACTERS = 64 * 1024
_NO_IDENTIFIER: tuple[type[Exception], ...] = (*UNREADABLE, x509.ExtensionNotFound)


def encode_policies(policies: Sequence[BundlePolicy]) -> bytes:
    """Return the part; equal policies give equal octets."""
    ordered = sorted(policies, key=lambda one: (one.service, one.order))
    return encode_object(
        {
            "policies": [
                {
                    "service": one.service,
                    "version": one.version,
                    "order": one.order,
                    "active_from": encode_instant(one.active_from),
                    "document": one.document,
                    "realm": one.realm.value,
                    "agreement": one.agreement,
                }
                for one in ordered
            ]
        }
    )


def parse_policies(octets: bytes) -> tuple[BundlePolicy, ...]:
    """Parse the part; the documents are parsed when they are asked.

    Raises:
        Malformed: not the part.
    """
    names = ("service", "version", "order", "active_from", "document", "realm", "agreement")
    found = []
    for item in Fields(parse_object(octets, most=MAX_PART_OCTETS), ("policies",)).items("policies"):
        fields = Fields(item, names)
        found.append(
            BundlePolicy(
                fields.text("service"),
                fields.number("version"),
                fields.number("order"),
                fields.instant("active_from"),
                _long_text(item, "document"),
                _realm(fields.text("realm")),
                _long_text(item, "agreement"),
            )
        )
    return tuple(found)


def _long_text(item: Mapping[str, object], name: str) -> str:
    text = item.get(name)
    if not isinstance(text, str) or len(text) > _MAX_DOCUMENT_CHARACTERS:
        raise Malformed(ReasonCode.MALFORMED_BUNDLE, f"a policy without its {name}")
    return text


def _realm(text: str) -> Realm:
    try:
        return Realm(text)
    except ValueError:
        raise Malformed(ReasonCode.MALFORMED_BUNDLE, "no such realm") from None


def encode_issuers(root: x509.Certificate, issuing: Mapping[CardType, x509.Certificate]) -> bytes:
    """Return the part: the anchor, and the issuing CA of each card type."""

    def text(certificate: x509.Certificate) -> str:
        return encode_octets(certificate.public_bytes(Encoding.DER))

    return encode_object(
        {
            "root": text(root),
            "issuing": {kind.value: text(issuing[kind]) for kind in sorted(issuing)},
        }
    )


def parse_issuers(octets: bytes) -> PkiTrust:
    """Parse the part into what the verification core trusts.

    Raises:
        Malformed: not the part, or a certificate is ill-formed.
    """
    fields = Fields(parse_object(octets, most=MAX_PART_OCTETS), ("root", "issuing"))
    issuing = Fields(fields.mapping("issuing"), [kind.value for kind in CardType])
    kinds = [kind for kind in CardType if issuing.has(kind.value)]
    root = _certificate(fields.octets("root"))
    certificates = {kind: _certificate(issuing.octets(kind.value)) for kind in kinds}
    material = TrustMaterial((root,), tuple(certificates.values()))
    try:
        identifiers = {
            one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest: kind
            for kind, one in certificates.items()
        }
    except _NO_IDENTIFIER as error:
        raise Malformed(ReasonCode.MALFORMED_BUNDLE, "a CA without key identifier") from error
    return PkiTrust(material, identifiers)


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_BUNDLE, "not a certificate") from error
