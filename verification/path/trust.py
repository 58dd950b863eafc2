"""Trust material: the anchors one believes and the certificates that may lie between.

The folder or database they come from is the caller's; here they are only sorted and indexed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from cardsvc.card.certificates import UNREADABLE, read_odd
from cardsvc.errors import Malformed, ReasonCode
from verification.path.facts import CertificateFacts, read_facts
from verification.path.names import NameKey

_PEM_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)
_CERTIFICATE_LABELS = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
_PKCS7_LABELS = frozenset({b"PKCS7", b"CMS"})


@dataclass(frozen=True)
class TrustMaterial:
    """Trust anchors and intermediate (also cross) certificates.

    Attributes:
        anchors: believed as they are; their validity period still counts.
        intermediates: believed only through a path to an anchor.
    """

    anchors: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()

    @cached_property
    def anchor_facts(self) -> tuple[CertificateFacts, ...]:
        """The anchors that can be read, each once."""
        return _readable(self.anchors)

    @cached_property
    def intermediate_facts(self) -> tuple[CertificateFacts, ...]:
        """The intermediates that can be read, each once, and that are no anchors."""
        anchors = {facts.der for facts in self.anchor_facts}
        return tuple(facts for facts in _readable(self.intermediates) if facts.der not in anchors)

    @cached_property
    def by_subject(self) -> dict[NameKey, tuple[CertificateFacts, ...]]:
        """Every certificate by its subject, anchors first."""
        found: dict[NameKey, list[CertificateFacts]] = {}
        for facts in (*self.anchor_facts, *self.intermediate_facts):
            found.setdefault(facts.subject, []).append(facts)
        return {subject: tuple(facts) for subject, facts in found.items()}

    @cached_property
    def distances(self) -> dict[NameKey, int]:
        """How many certificates lie between a name and the nearest anchor, by names alone.

        A lower bound; a name that is missing leads to no anchor at all.
        """
        found = {facts.subject: 0 for facts in self.anchor_facts}
        frontier = set(found)
        while frontier:
            reached = {
                facts.subject
                for facts in self.intermediate_facts
                if facts.issuer in frontier and facts.subject not in found
            }
            depth = 1 + max(found[name] for name in frontier)
            found.update(dict.fromkeys(reached, depth))
            frontier = reached
        return found

    @cached_property
    def anchor_ders(self) -> frozenset[bytes]:
        """The anchors' octets, to tell an anchor from the rest."""
        return frozenset(facts.der for facts in self.anchor_facts)

    def is_anchor(self, facts: CertificateFacts) -> bool:
        """Tell whether a certificate is one of the anchors."""
        return facts.der in self.anchor_ders


def _readable(certificates: Iterable[x509.Certificate]) -> tuple[CertificateFacts, ...]:
    found: dict[bytes, CertificateFacts] = {}
    for certificate in certificates:
        try:
            facts = read_facts(certificate)
        except Malformed:
            # One ill-formed certificate in a folder must not take the others with it.
            continue
        found.setdefault(facts.der, facts)
    return tuple(found.values())


def parse_certificates(octets: bytes) -> tuple[x509.Certificate, ...]:
    """Parse a DER certificate, a PEM bundle, or a certs-only PKCS #7 in DER or PEM.

    Spec: RFC 5280 section 4.1; RFC 7468 sections 5 and 8; RFC 2315 (``.p7c``).

    Returns:
        At least one certificate, in the order of the file.

    Raises:
        Malformed: none of these, an ill-formed certificate, or no certificate at all.
    """
    try:
        parse = _parse_pem if b"-----BEGIN " in octets else _parse_der
        found = read_odd(lambda: parse(octets))
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "not a certificate") from error
    if not found:
        raise Malformed(ReasonCode.MALFORMED_CERTIFICATE, "no certificate is in there")
    return tuple(found)


def _parse_pem(octets: bytes) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for block in _PEM_BLOCK.finditer(octets):
        if block[1] in _PKCS7_LABELS:
            found += pkcs7.load_pem_pkcs7_certificates(block[0])
        elif block[1] in _CERTIFICATE_LABELS:
            text = block[0].replace(block[1], b"CERTIFICATE")
            found.append(x509.load_pem_x509_certificate(text))
    return found


def _parse_der(octets: bytes) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(octets)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(octets)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate's own key signed it and subject and issuer are one name."""
    try:
        facts = read_facts(certificate)
    except Malformed:
        return False
    return facts.is_self_issued and facts.is_signed_by(facts.public_key)


def sort_certificates(certificates: Iterable[x509.Certificate]) -> TrustMaterial:
    """Sort certificates of a trust folder: self-signed ones are anchors, the rest lie between.

    Spec: RFC 5280 section 3.2 (self-signed); the signature is really verified, so that a
    self-issued link certificate between two keys of one CA is no anchor.
    """
    anchors: list[x509.Certificate] = []
    intermediates: list[x509.Certificate] = []
    for certificate in certificates:
        (anchors if is_self_signed(certificate) else intermediates).append(certificate)
    return TrustMaterial(tuple(anchors), tuple(intermediates))
