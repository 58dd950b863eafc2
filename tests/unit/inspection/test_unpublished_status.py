"""A CA that names no place for its status may go without one; a CA that does may not."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from cardsvc.errors import ReasonCode, VerificationError
from tests.support.path_pki import AT, DAY, Ca
from verification.inspection.status_search import find_good_status
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crl
from verification.status.finding import StatusFinding
from verification.status.revocation import RevocationMaterial

PLACE = x509.UniformResourceIdentifier("http://status.vn/root.crl")
POINTER = x509.CRLDistributionPoints([x509.DistributionPoint([PLACE], None, None, None)])
RESPONDER = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, PLACE)]
)
CERTIFICATES_ONLY = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, PLACE)]
)


def findings_for(*extensions: x509.ExtensionType, crls: str) -> tuple[StatusFinding, ...]:
    """Check a leaf whose CA bears ``extensions``; ``crls`` names who gave a list."""
    root = Ca.anchor()
    issuing = root.subordinate("Issuing", 1, extensions=[(one, False) for one in extensions])
    leaf = issuing.leaf()
    lists = {
        "issuing": issuing.crl_der(),
        "root": root.crl_der((issuing.certificate, AT - DAY, x509.ReasonFlags.superseded)),
    }
    revocation = RevocationMaterial(tuple(parse_crl(lists[name]) for name in crls.split()))
    trust = TrustMaterial((root.certificate,), (issuing.certificate,))
    path = validate_leaf(leaf, trust, AT, Purpose.ANY)
    return find_good_status(path, revocation, trust, AT)


@pytest.mark.parametrize("extensions", [(), (CERTIFICATES_ONLY,)])
def test_a_ca_that_publishes_nothing_is_left_unchecked(
    extensions: tuple[x509.ExtensionType, ...],
) -> None:
    leaf, issuing = findings_for(*extensions, crls="issuing")
    assert leaf.is_good
    assert issuing.reason is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
@pytest.mark.parametrize("pointer", [POINTER, RESPONDER])
def test_a_ca_that_names_a_place_needs_a_status(pointer: x509.ExtensionType) -> None:
    with pytest.raises(VerificationError) as caught:
        findings_for(pointer, crls="issuing")
    assert caught.value.reason is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_a_list_that_is_there_counts_without_a_pointer() -> None:
    with pytest.raises(VerificationError) as caught:
        findings_for(crls="issuing root")
    assert caught.value.reason is ReasonCode.CERTIFICATE_REVOKED


def test_a_leaf_always_needs_a_status() -> None:
    with pytest.raises(VerificationError) as caught:
        findings_for(crls="")
    assert caught.value.reason is ReasonCode.STATUS_UNKNOWN
