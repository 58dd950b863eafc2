"""A path on which nothing is revoked, where there are several.

A CA certificate that points nowhere for its status (no CRL distribution point, no OCSP
address), and of which no source at hand speaks, is left unchecked and said to be: whoever
issued it publishes no status. One that points somewhere needs a status, like every leaf.

In a mesh of cross certificates the first path that holds may run over a certificate whose
status is bad or nowhere to be had, while another path to an anchor is good. RFC 5280 asks for
one good path, so a CA certificate that fails is set aside and the search begins again.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import ValidatedPath, validate_leaf
from verification.status.finding import StatusFinding
from verification.status.revocation import RevocationMaterial, check_status, require_good

MAX_ATTEMPTS = 10
"""Paths tried before the first one's reason stands."""


def find_good_status(
    path: ValidatedPath, revocation: RevocationMaterial, trust: TrustMaterial, at: datetime
) -> tuple[StatusFinding, ...]:
    """Return the findings of the first path whose certificates are all good or unpublished.

    Args:
        path: the first path that holds.
        revocation: CRLs and OCSP responses.
        trust: anchors and intermediates.
        at: the instant.

    Raises:
        VerificationError: no such path; the reason is the first path's.
    """
    first_error: VerificationError | None = None
    set_aside: set[x509.Certificate] = set()
    leaf = path.leaf
    for _ in range(MAX_ATTEMPTS):
        findings = check_status(path, revocation, at, trust)
        asked = (findings[0], *(one for one in findings[1:] if not is_unpublished(one)))
        try:
            require_good(asked)
        except VerificationError as error:
            first_error = first_error or error
        else:
            return findings
        bad = {finding.certificate for finding in asked[1:] if not finding.is_good}
        if not bad:
            break  # the leaf itself is not good: no other path makes it so
        set_aside |= bad
        others = tuple(one for one in trust.intermediates if one not in set_aside)
        try:
            path = validate_leaf(leaf, TrustMaterial(trust.anchors, others), at, Purpose.ANY)
        except VerificationError:
            break
    raise first_error or AssertionError("a path without a bad certificate was returned above")


def is_unpublished(finding: StatusFinding) -> bool:
    """Tell whether nothing speaks of a CA's certificate, and it names no place that would.

    Spec: RFC 5280 sections 4.2.1.13 (CRL distribution points) and 4.2.2.1 (OCSP address).
    """
    if finding.reason is not ReasonCode.STATUS_UNKNOWN or finding.problems:
        return False
    for extension in finding.certificate.extensions:
        value = extension.value
        if isinstance(value, (x509.CRLDistributionPoints, x509.FreshestCRL)):
            return False
        if isinstance(value, x509.AuthorityInformationAccess) and any(
            one.access_method == AuthorityInformationAccessOID.OCSP for one in value
        ):
            return False
    return True
