"""NIST PKITS (2011 edition), every case: no false accept, and only the false rejects listed.

The whole repository serves as intermediates and CRLs at once, as a trust folder would.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509

from cardsvc.errors import CardsvcError, ReasonCode
from verification.path.policies import PolicyInputs
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crls
from verification.status.revocation import RevocationMaterial, check_status, require_good

PKITS = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
AT = datetime(2012, 1, 1, tzinfo=UTC)
ANCHOR = "TrustAnchorRootCertificate"

FALSE_REJECTS = {
    "ValidDSASignaturesTest4EE": ReasonCode.WEAK_ALGORITHM,
    "ValidDSAParameterInheritanceTest5EE": ReasonCode.MALFORMED_CERTIFICATE,
}
"""DSA is disallowed by FIPS 186-5; one form of it is not even parsed (docs/SPECS.md)."""

REASONS = {
    "InvalidCASignatureTest2EE": ReasonCode.CERTIFICATE_BAD_SIGNATURE,
    "InvalidEESignatureTest3EE": ReasonCode.CERTIFICATE_BAD_SIGNATURE,
    "InvalidCAnotBeforeDateTest1EE": ReasonCode.CERTIFICATE_NOT_YET_VALID,
    "InvalidEEnotAfterDateTest6EE": ReasonCode.CERTIFICATE_EXPIRED,
    "InvalidNameChainingTest1EE": ReasonCode.UNTRUSTED_ISSUER,
    "InvalidRevokedCATest2EE": ReasonCode.CERTIFICATE_REVOKED,
    "InvalidRevokedEETest3EE": ReasonCode.CERTIFICATE_REVOKED,
    "InvalidMissingCRLTest1EE": ReasonCode.STATUS_UNKNOWN,
    "InvalidBadCRLSignatureTest4EE": ReasonCode.CRL_BAD_SIGNATURE,
    "InvalidBadCRLIssuerNameTest5EE": ReasonCode.STATUS_UNKNOWN,
    "InvalidUnknownCRLExtensionTest9EE": ReasonCode.UNKNOWN_CRITICAL_EXTENSION,
    "InvalidOldCRLnextUpdateTest11EE": ReasonCode.STATUS_STALE,
    "InvalidMissingbasicConstraintsTest1EE": ReasonCode.ISSUER_NOT_A_CA,
    "InvalidpathLenConstraintTest5EE": ReasonCode.PATH_TOO_LONG,
    "InvalidkeyUsageCriticalkeyCertSignFalseTest1EE": ReasonCode.KEY_USAGE_FORBIDS,
    "InvalidkeyUsageCriticalcRLSignFalseTest4EE": ReasonCode.CRL_BAD_SIGNATURE,
    "InvalidUnknownCriticalCertificateExtensionTest2EE": ReasonCode.UNKNOWN_CRITICAL_EXTENSION,
    "InvalidDNnameConstraintsTest2EE": ReasonCode.NAME_CONSTRAINT_VIOLATED,
    "InvalidPolicyMappingTest2EE": ReasonCode.POLICY_CONSTRAINT_VIOLATED,
    "InvalidonlySomeReasonsTest16EE": ReasonCode.CERTIFICATE_ON_HOLD,
}

P1, P2, P3, P4, P5, P6 = (f"2.16.840.1.101.3.2.1.48.{number}" for number in range(1, 7))


def want(
    *policies: str, explicit: bool = False, no_mapping: bool = False, no_any: bool = False
) -> PolicyInputs:
    if not policies:
        return PolicyInputs(
            require_explicit_policy=explicit,
            inhibit_policy_mapping=no_mapping,
            inhibit_any_policy=no_any,
        )
    return PolicyInputs(frozenset(policies), explicit, no_mapping, no_any)


EXPLICIT = want(explicit=True)
DEFAULT = want()

# PKITS sections 4.8 and 4.10: leaf, what is asked of policies, whether the path is valid.
POLICY_CASES = [
    ("ValidCertificatePathTest1EE", EXPLICIT, True),
    ("ValidCertificatePathTest1EE", want(P1, explicit=True), True),
    ("ValidCertificatePathTest1EE", want(P2, explicit=True), False),
    ("ValidCertificatePathTest1EE", want(P1, P2, explicit=True), True),
    ("AllCertificatesNoPoliciesTest2EE", DEFAULT, True),
    ("AllCertificatesNoPoliciesTest2EE", EXPLICIT, False),
    ("DifferentPoliciesTest3EE", DEFAULT, True),
    ("DifferentPoliciesTest3EE", EXPLICIT, False),
    ("DifferentPoliciesTest3EE", want(P1, P2, explicit=True), False),
    ("DifferentPoliciesTest4EE", DEFAULT, False),
    ("DifferentPoliciesTest5EE", DEFAULT, False),
    ("OverlappingPoliciesTest6EE", DEFAULT, True),
    ("OverlappingPoliciesTest6EE", want(P1), True),
    ("OverlappingPoliciesTest6EE", want(P2), False),
    ("DifferentPoliciesTest7EE", DEFAULT, False),
    ("DifferentPoliciesTest8EE", DEFAULT, False),
    ("DifferentPoliciesTest9EE", DEFAULT, False),
    ("AllCertificatesSamePoliciesTest10EE", DEFAULT, True),
    ("AllCertificatesSamePoliciesTest10EE", want(P1), True),
    ("AllCertificatesSamePoliciesTest10EE", want(P2), True),
    ("AllCertificatesanyPolicyTest11EE", DEFAULT, True),
    ("AllCertificatesanyPolicyTest11EE", want(P1), True),
    ("DifferentPoliciesTest12EE", DEFAULT, False),
    ("AllCertificatesSamePoliciesTest13EE", want(P1), True),
    ("AllCertificatesSamePoliciesTest13EE", want(P2), True),
    ("AllCertificatesSamePoliciesTest13EE", want(P3), True),
    ("AnyPolicyTest14EE", want(P1), True),
    ("AnyPolicyTest14EE", want(P2), False),
    ("UserNoticeQualifierTest15EE", DEFAULT, True),
    ("UserNoticeQualifierTest16EE", DEFAULT, True),
    ("UserNoticeQualifierTest17EE", DEFAULT, True),
    ("UserNoticeQualifierTest18EE", want(P1), True),
    ("UserNoticeQualifierTest18EE", want(P2), True),
    ("UserNoticeQualifierTest19EE", DEFAULT, True),
    ("CPSPointerQualifierTest20EE", DEFAULT, True),
    ("ValidPolicyMappingTest1EE", want(P1), True),
    ("ValidPolicyMappingTest1EE", want(P2), False),
    ("ValidPolicyMappingTest1EE", want(no_mapping=True), False),
    ("InvalidPolicyMappingTest2EE", DEFAULT, False),
    ("InvalidPolicyMappingTest2EE", want(no_mapping=True), False),
    ("ValidPolicyMappingTest3EE", want(P1), False),
    ("ValidPolicyMappingTest3EE", want(P2), True),
    ("ValidPolicyMappingTest5EE", want(P1), True),
    ("ValidPolicyMappingTest5EE", want(P6), False),
    ("ValidPolicyMappingTest6EE", want(P1), True),
    ("ValidPolicyMappingTest6EE", want(P6), False),
    ("ValidPolicyMappingTest12EE", want(P1), True),
    ("ValidPolicyMappingTest12EE", want(P2), True),
]
_POLICY_LEAVES = {leaf for leaf, _, _ in POLICY_CASES}


@cache
def certificates() -> dict[str, x509.Certificate]:
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PKITS has a certificate with a negative serial
        for path in sorted((PKITS / "certs").glob("*.crt")):
            try:
                found[path.stem] = x509.load_der_x509_certificate(path.read_bytes())
            except ValueError:
                assert "DSAParameter" in path.stem
    return found


@cache
def material() -> tuple[TrustMaterial, RevocationMaterial]:
    known = certificates()
    between = [found for stem, found in known.items() if not stem.endswith("EE")]
    crls = [
        crl
        for path in sorted((PKITS / "crls").glob("*.crl"))
        for crl in parse_crls(path.read_bytes())
    ]
    return TrustMaterial((known[ANCHOR],), tuple(between)), RevocationMaterial(tuple(crls))


def verdict(leaf: str, inputs: PolicyInputs = DEFAULT) -> ReasonCode | None:
    if leaf not in certificates():
        return ReasonCode.MALFORMED_CERTIFICATE
    trust, revocation = material()
    try:
        path = validate_leaf(certificates()[leaf], trust, AT, Purpose.ANY, policy_inputs=inputs)
        require_good(check_status(path, revocation, AT, trust))
    except CardsvcError as error:
        return error.reason
    return None


LEAVES = sorted(path.stem for path in (PKITS / "certs").glob("*EE.crt"))


def test_the_suite_is_whole() -> None:
    assert len(LEAVES) == 223
    assert len(certificates()) == 403


@pytest.mark.parametrize("leaf", [leaf for leaf in LEAVES if leaf.startswith("Invalid")])
def test_invalid(leaf: str) -> None:
    reason = verdict(leaf)
    assert reason is not None, "a false accept"
    assert reason == REASONS.get(leaf, reason)


@pytest.mark.parametrize(
    "leaf",
    [leaf for leaf in LEAVES if not leaf.startswith("Invalid") and leaf not in _POLICY_LEAVES],
)
def test_valid(leaf: str) -> None:
    assert verdict(leaf) == FALSE_REJECTS.get(leaf)


@pytest.mark.parametrize(("leaf", "inputs", "expected"), POLICY_CASES)
def test_policies(leaf: str, inputs: PolicyInputs, expected: bool) -> None:
    reason = verdict(leaf, inputs)
    assert reason == (None if expected else ReasonCode.POLICY_CONSTRAINT_VIOLATED)
