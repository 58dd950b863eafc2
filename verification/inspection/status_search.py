"""A path on which nothing is revoked, where there are several.

In a mesh of cross certificates the first path that holds may run over a certificate whose
status is bad or nowhere to be had, while another path to an anchor is good. RFC 5280 asks for
one good path, so a CA certificate that fails is set aside and the search begins again.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from cardsvc.errors import VerificationError
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
    """Return the findings of the first path whose certificates are all good.

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
        try:
            require_good(findings)
        except VerificationError as error:
            first_error = first_error or error
        else:
            return findings
        bad = {finding.certificate for finding in findings[1:] if not finding.is_good}
        if not bad:
            break  # the leaf itself is not good: no other path makes it so
        set_aside |= bad
        others = tuple(one for one in trust.intermediates if one not in set_aside)
        try:
            path = validate_leaf(leaf, TrustMaterial(trust.anchors, others), at, Purpose.ANY)
        except VerificationError:
            break
    raise first_error or AssertionError("a path without a bad certificate was returned above")
