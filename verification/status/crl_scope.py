"""Does a CRL speak of a certificate, and for which reasons (RFC 5280 section 6.3.3 b, d)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from cryptography import x509

from verification.path.facts import CertificateFacts
from verification.path.names import NameKey, parse_name
from verification.status.crl import Crl

ALL_REASONS = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
"""The reasons a distribution point can name (RFC 5280 section 4.2.1.13, ReasonFlags)."""

_PointName: TypeAlias = tuple[str, object]


def reasons_covered(crl: Crl, facts: CertificateFacts) -> frozenset[x509.ReasonFlags]:
    """Return the revocation reasons that ``crl`` would list for a certificate.

    Spec: RFC 5280 sections 5.2.5 and 6.3.3 (b), (d), (e).

    Returns:
        Empty where the list does not speak of that certificate; ``ALL_REASONS`` where its
        silence means that the certificate is not revoked.
    """
    if crl.scope is not None and not _covers_kind(crl.scope, facts):
        return frozenset()
    covered = frozenset[x509.ReasonFlags]()
    for point in facts.extensions.distribution_points:
        covered |= _through_point(crl, facts, point)
    return covered | _through_issuer(crl, facts)


def named_crl_issuers(facts: CertificateFacts) -> set[NameKey]:
    """Return the CRL issuers that a certificate names in place of its own issuer."""
    return {
        name
        for point in facts.extensions.distribution_points
        for name in _directory_names(point.crl_issuer or ())
    }


def _covers_kind(scope: x509.IssuingDistributionPoint, facts: CertificateFacts) -> bool:
    if scope.only_contains_attribute_certs:
        return False
    if scope.only_contains_user_certs:
        return not facts.is_ca
    if scope.only_contains_ca_certs:
        return facts.is_ca
    return True


def _through_point(
    crl: Crl, facts: CertificateFacts, point: x509.DistributionPoint
) -> frozenset[x509.ReasonFlags]:
    """The list as one found at a distribution point that the certificate names."""
    issuers = _directory_names(point.crl_issuer or ())
    if point.crl_issuer:
        if crl.issuer not in issuers or crl.scope is None or not crl.scope.indirect_crl:
            return frozenset()
    elif crl.issuer != facts.issuer:
        return frozenset()
    base = issuers[0] if issuers else facts.issuer
    names = _point_names(point.full_name, point.relative_name, base)
    if not names:
        names = {("directory", name) for name in issuers}
    return _through_names(crl, names) & (point.reasons or ALL_REASONS)


def _through_issuer(crl: Crl, facts: CertificateFacts) -> frozenset[x509.ReasonFlags]:
    """The list as one issued by the certificate's issuer, wherever it was found."""
    if crl.issuer != facts.issuer:
        return frozenset()
    return _through_names(crl, {("directory", facts.issuer)})


def _through_names(crl: Crl, names: set[_PointName]) -> frozenset[x509.ReasonFlags]:
    if crl.scope is None:
        return ALL_REASONS
    own = _point_names(crl.scope.full_name, crl.scope.relative_name, crl.issuer)
    if own and not own & names:
        return frozenset()
    return crl.scope.only_some_reasons or ALL_REASONS


def _point_names(
    full_name: Iterable[x509.GeneralName] | None,
    relative_name: x509.RelativeDistinguishedName | None,
    base: NameKey,
) -> set[_PointName]:
    if relative_name is not None:
        # RFC 5280 section 4.2.1.13: one more RDN below the CRL issuer's name.
        relative = parse_name(x509.Name([relative_name]).public_bytes())
        return {("directory", base + relative)}
    names: set[_PointName] = set()
    for name in full_name or ():
        if isinstance(name, x509.DirectoryName):
            names.add(("directory", parse_name(name.value.public_bytes())))
        else:
            names.add((type(name).__name__, name.value))
    return names


def _directory_names(names: Iterable[x509.GeneralName]) -> list[NameKey]:
    return [
        parse_name(name.value.public_bytes())
        for name in names
        if isinstance(name, x509.DirectoryName)
    ]
