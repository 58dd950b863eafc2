"""Status sources that must not be believed, and statuses that must not be overlooked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from cardsvc.errors import ReasonCode, VerificationError
from tests.support.path_pki import AT, DAY, Ca, eku, key, leaf_extensions, name, usage
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import validate_leaf
from verification.status.revocation import (
    RevocationMaterial,
    StatusFinding,
    check_status,
    require_good,
)

HOLD = x509.ReasonFlags.certificate_hold
COMPROMISED = x509.ReasonFlags.key_compromise
REMOVED = x509.ReasonFlags.remove_from_crl


class Realm:
    """A root, a CA below it and a leaf; the CA's own status is good."""

    def __init__(self) -> None:
        self.root = Ca.anchor()
        self.ca = self.root.subordinate("CA", 1)
        self.leaf = self.ca.leaf()
        self.more: list[x509.Certificate] = []

    def finding(self, *sources: Any, at: datetime = AT) -> StatusFinding:
        trust = TrustMaterial((self.root.certificate,), (self.ca.certificate, *self.more))
        crls = tuple(source for source in sources if hasattr(source, "entries"))
        responses = tuple(source for source in sources if hasattr(source, "singles"))
        material = RevocationMaterial((self.root.issue_crl(), *crls), responses)
        path = validate_leaf(self.leaf, trust, at, Purpose.CARD_AUTHENTICATION)
        findings = check_status(path, material, at, trust)
        assert len(findings) == 2
        if findings[1].is_good and findings[0].reason is not None:
            with pytest.raises(VerificationError) as caught:
                require_good(findings)
            assert caught.value.reason is findings[0].reason
        return findings[0]

    def reason(self, *sources: Any, at: datetime = AT) -> ReasonCode | None:
        return self.finding(*sources, at=at).reason


@pytest.fixture
def realm() -> Realm:
    return Realm()


def delta(base: int, number: int) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return ((x509.DeltaCRLIndicator(base), True), (x509.CRLNumber(number), False))


# --- what holds


def test_good_by_crl_and_by_ocsp(realm: Realm) -> None:
    by_crl = realm.finding(realm.ca.issue_crl())
    assert by_crl.is_good
    assert by_crl.age == DAY
    by_ocsp = realm.finding(realm.ca.answer(realm.leaf))
    assert by_ocsp.is_good
    assert by_ocsp.source == "ocsp"


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()])
def test_good_by_a_delegated_responder(
    realm: Realm, by_name: bool, algorithm: hashes.HashAlgorithm
) -> None:
    answer = realm.ca.answer(
        realm.leaf, responder=realm.ca.responder(), by_name=by_name, cert_id_hash=algorithm
    )
    assert realm.reason(answer) is None


def test_a_responder_without_nocheck_is_good_by_crl(realm: Realm) -> None:
    extensions = [(usage("digital_signature"), True), (eku("1.3.6.1.5.5.7.3.9"), False)]
    responder = realm.ca.responder(extensions=extensions)
    answer = realm.ca.answer(realm.leaf, responder=responder, this_update=AT - DAY / 2)
    assert realm.finding(answer, realm.ca.issue_crl()).source == "ocsp"


# --- revoked, on hold


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_revoked_by_crl_even_where_ocsp_says_good(realm: Realm) -> None:
    revoked = realm.ca.issue_crl((realm.leaf, AT - 2 * DAY, COMPROMISED))
    answer = realm.ca.answer(realm.leaf, this_update=AT)
    finding = realm.finding(answer, revoked)
    assert finding.reason is ReasonCode.CERTIFICATE_REVOKED
    assert finding.revoked_at == AT - 2 * DAY


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_revoked_by_ocsp_even_where_the_crl_does_not_know_yet(realm: Realm) -> None:
    answer = realm.ca.answer(
        realm.leaf, status=ocsp.OCSPCertStatus.REVOKED, revoked_at=AT - DAY, reason=COMPROMISED
    )
    assert realm.reason(realm.ca.issue_crl(), answer) is ReasonCode.CERTIFICATE_REVOKED


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_a_newer_list_that_forgot_the_revocation(realm: Realm) -> None:
    old = realm.ca.issue_crl(
        (realm.leaf, AT - 9 * DAY, None), this_update=AT - 8 * DAY, next_update=AT - 7 * DAY
    )
    assert realm.reason(old, realm.ca.issue_crl()) is ReasonCode.CERTIFICATE_REVOKED


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_a_revoked_ca(realm: Realm) -> None:
    trust = TrustMaterial((realm.root.certificate,), (realm.ca.certificate,))
    path = validate_leaf(realm.leaf, trust, AT, Purpose.CARD_AUTHENTICATION)
    revoked = realm.root.issue_crl((realm.ca.certificate, AT - DAY, None))
    material = RevocationMaterial((revoked, realm.ca.issue_crl()))
    with pytest.raises(VerificationError) as caught:
        require_good(check_status(path, material, AT, trust))
    assert caught.value.reason is ReasonCode.CERTIFICATE_REVOKED


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_an_invalidity_date_before_the_instant(realm: Realm) -> None:
    crl = realm.ca.issue_crl(
        (realm.leaf, AT + DAY, COMPROMISED),
        entry_extensions=((x509.InvalidityDate((AT - DAY).replace(tzinfo=None)), False),),
    )
    assert realm.reason(crl) is ReasonCode.CERTIFICATE_REVOKED


def test_revoked_later_is_good_at_the_instant(realm: Realm) -> None:
    crl = realm.ca.issue_crl((realm.leaf, AT + DAY / 2, None))
    assert realm.reason(crl) is None
    assert realm.reason(crl, at=AT + DAY / 2) is ReasonCode.CERTIFICATE_REVOKED


@pytest.mark.reason(ReasonCode.CERTIFICATE_ON_HOLD)
def test_on_hold_until_a_newer_source_lifts_it(realm: Realm) -> None:
    held = realm.ca.issue_crl((realm.leaf, AT - DAY, HOLD), this_update=AT - DAY / 2)
    older = realm.ca.issue_crl(this_update=AT - DAY)
    newer = realm.ca.issue_crl(this_update=AT - DAY / 4)
    same = realm.ca.issue_crl(this_update=AT - DAY / 2)
    assert realm.reason(held) is ReasonCode.CERTIFICATE_ON_HOLD
    assert realm.reason(held, older) is ReasonCode.CERTIFICATE_ON_HOLD
    assert realm.reason(same, held) is ReasonCode.CERTIFICATE_ON_HOLD
    assert realm.reason(held, newer) is None


@pytest.mark.reason(ReasonCode.CERTIFICATE_ON_HOLD)
def test_on_hold_by_ocsp(realm: Realm) -> None:
    answer = realm.ca.answer(
        realm.leaf, status=ocsp.OCSPCertStatus.REVOKED, revoked_at=AT - DAY, reason=HOLD
    )
    assert realm.reason(answer) is ReasonCode.CERTIFICATE_ON_HOLD


# --- delta CRLs


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_a_delta_revokes_and_never_says_good(realm: Realm) -> None:
    silent = realm.ca.issue_crl(extensions=delta(1, 2))
    revoking = realm.ca.issue_crl((realm.leaf, AT - DAY, None), extensions=delta(1, 2))
    assert realm.reason(silent) is ReasonCode.STATUS_UNKNOWN
    assert realm.reason(realm.ca.issue_crl(), revoking) is ReasonCode.CERTIFICATE_REVOKED


@pytest.mark.reason(ReasonCode.CERTIFICATE_ON_HOLD)
def test_a_delta_releases_a_hold_only_upon_its_base(realm: Realm) -> None:
    base = realm.ca.issue_crl(
        (realm.leaf, AT - DAY, HOLD), extensions=((x509.CRLNumber(5), False),)
    )
    entry = (realm.leaf, AT - DAY, REMOVED)
    fitting = realm.ca.issue_crl(entry, this_update=AT - DAY / 2, extensions=delta(5, 6))
    foreign = realm.ca.issue_crl(entry, this_update=AT - DAY / 2, extensions=delta(6, 7))
    assert realm.reason(base, fitting) is None
    assert realm.reason(base, foreign) is ReasonCode.CERTIFICATE_ON_HOLD
    assert realm.reason(fitting) is ReasonCode.STATUS_UNKNOWN


# --- not known, stale


@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
def test_nothing_speaks_of_the_certificate(realm: Realm) -> None:
    other = realm.ca.leaf("Other")
    assert realm.reason() is ReasonCode.STATUS_UNKNOWN
    assert realm.reason(realm.ca.answer(other)) is ReasonCode.STATUS_UNKNOWN
    assert realm.reason(realm.root.issue_crl()) is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
def test_the_responder_does_not_know(realm: Realm) -> None:
    answer = realm.ca.answer(realm.leaf, status=ocsp.OCSPCertStatus.UNKNOWN)
    assert realm.reason(answer) is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
@pytest.mark.parametrize(
    "scope",
    [
        {"only_contains_ca_certs": True},
        {"only_contains_attribute_certs": True},
        {"only_some_reasons": frozenset({COMPROMISED})},
        {"full_name": [x509.UniformResourceIdentifier("http://elsewhere.example/1.crl")]},
    ],
)
def test_a_list_about_something_else(realm: Realm, scope: dict[str, Any]) -> None:
    options: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    point = x509.IssuingDistributionPoint(**{**options, **scope})
    assert (
        realm.reason(realm.ca.issue_crl(extensions=((point, True),))) is ReasonCode.STATUS_UNKNOWN
    )


@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
def test_the_list_of_another_ca_of_the_same_name(realm: Realm) -> None:
    twin = realm.root.subordinate("CA", 2)
    realm.more.append(twin.certificate)
    silent = twin.issue_crl()
    loud = twin.issue_crl((realm.leaf, AT - DAY, None))
    assert realm.reason(silent) is ReasonCode.STATUS_UNKNOWN
    assert realm.reason(loud, realm.ca.issue_crl()) is None
    assert realm.reason(twin.answer(realm.leaf)) is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.STATUS_STALE)
@pytest.mark.parametrize(
    "window",
    [
        {"this_update": AT - 3 * DAY, "next_update": AT - DAY},
        {"this_update": AT + DAY, "next_update": AT + 2 * DAY},
        {"this_update": AT - 3 * DAY, "next_update": None},
    ],
)
def test_yesterday_s_newspaper(realm: Realm, window: dict[str, Any]) -> None:
    if window["next_update"] is not None:  # the library makes no list without one
        assert realm.reason(realm.ca.issue_crl(**window)) is ReasonCode.STATUS_STALE
    assert realm.reason(realm.ca.answer(realm.leaf, **window)) is ReasonCode.STATUS_STALE


# --- signatures and signers


@pytest.mark.reason(ReasonCode.CRL_BAD_SIGNATURE)
def test_a_forged_list(realm: Realm) -> None:
    assert realm.reason(realm.ca.issue_crl(signer=key(9))) is ReasonCode.CRL_BAD_SIGNATURE
    finding = realm.finding(realm.ca.issue_crl(signer=key(9)), realm.ca.issue_crl())
    assert finding.is_good
    assert [problem.reason for problem in finding.problems] == [ReasonCode.CRL_BAD_SIGNATURE]


@pytest.mark.reason(ReasonCode.CRL_BAD_SIGNATURE)
def test_a_list_by_a_key_that_may_not_sign_lists() -> None:
    realm = Realm()
    realm.ca = realm.root.subordinate("CA", 1, ca_usage=("key_cert_sign",))
    realm.leaf = realm.ca.leaf()
    assert realm.reason(realm.ca.issue_crl()) is ReasonCode.CRL_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.CRL_BAD_SIGNATURE)
def test_a_holder_named_like_the_ca_signs_a_list(realm: Realm) -> None:
    holder = realm.ca.certify(name("CA"), key(7).public_key(), extensions=leaf_extensions())
    realm.more.append(holder)
    assert realm.reason(realm.ca.issue_crl(signer=key(7))) is ReasonCode.CRL_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.CRL_BAD_SIGNATURE)
def test_a_separate_crl_signer_that_was_revoked(realm: Realm) -> None:
    signer = realm.root.certify(
        name("CA"), key(7).public_key(), extensions=[(usage("crl_sign"), True)]
    )
    realm.more.append(signer)
    crl = realm.ca.issue_crl(signer=key(7))
    assert realm.reason(crl) is None
    revoked = realm.root.issue_crl((signer, AT - DAY, None))
    assert realm.reason(crl, revoked) is ReasonCode.CRL_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.UNKNOWN_CRITICAL_EXTENSION)
def test_a_list_with_a_critical_extension_nobody_knows(realm: Realm) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    crl = realm.ca.issue_crl(extensions=((unknown, True),))
    assert realm.reason(crl) is ReasonCode.UNKNOWN_CRITICAL_EXTENSION


@pytest.mark.reason(ReasonCode.OCSP_BAD_SIGNATURE)
def test_a_forged_response(realm: Realm) -> None:
    forged = realm.ca.answer(realm.leaf, forged=True)
    assert realm.reason(forged) is ReasonCode.OCSP_BAD_SIGNATURE
    delegated = realm.ca.answer(realm.leaf, responder=realm.ca.responder(), forged=True)
    assert realm.reason(delegated) is ReasonCode.OCSP_BAD_SIGNATURE
    assert realm.reason(delegated, realm.ca.issue_crl()) is None


@pytest.mark.reason(ReasonCode.OCSP_RESPONDER_UNAUTHORISED)
@pytest.mark.parametrize(
    "options",
    [
        {"extensions": leaf_extensions()},
        {"extensions": [(usage("digital_signature"), True)]},
        {"extensions": [(usage("key_agreement"), True), (eku("1.3.6.1.5.5.7.3.9"), False)]},
        {"not_after": AT - DAY},
        {"not_before": AT + DAY},
        # Without nocheck its own status must be known; no CRL of the CA is at hand.
        {"extensions": [(usage("digital_signature"), True), (eku("1.3.6.1.5.5.7.3.9"), False)]},
    ],
)
def test_a_responder_without_authority(realm: Realm, options: dict[str, Any]) -> None:
    answer = realm.ca.answer(realm.leaf, responder=realm.ca.responder(**options))
    assert realm.reason(answer) is ReasonCode.OCSP_RESPONDER_UNAUTHORISED


@pytest.mark.reason(ReasonCode.OCSP_RESPONDER_UNAUTHORISED)
def test_the_responder_of_another_ca(realm: Realm) -> None:
    twin = realm.root.subordinate("CA", 2)
    for other in (realm.root, twin):
        answer = realm.ca.answer(realm.leaf, responder=other.responder())
        assert realm.reason(answer) is ReasonCode.OCSP_RESPONDER_UNAUTHORISED


@pytest.mark.reason(ReasonCode.OCSP_RESPONDER_UNAUTHORISED)
def test_a_revoked_responder_without_nocheck(realm: Realm) -> None:
    extensions = [(usage("digital_signature"), True), (eku("1.3.6.1.5.5.7.3.9"), False)]
    responder = realm.ca.responder(extensions=extensions)
    answer = realm.ca.answer(realm.leaf, responder=responder)
    stale = {"this_update": AT - 3 * DAY, "next_update": AT - 2 * DAY}
    crl = realm.ca.issue_crl((responder[0], AT - 4 * DAY, COMPROMISED), **stale)
    assert realm.reason(answer, crl) is ReasonCode.OCSP_RESPONDER_UNAUTHORISED


@pytest.mark.reason(ReasonCode.OCSP_RESPONDER_UNAUTHORISED)
def test_responders_that_vouch_for_each_other(realm: Realm) -> None:
    extensions = [(usage("digital_signature"), True), (eku("1.3.6.1.5.5.7.3.9"), False)]
    first = realm.ca.responder(61, extensions=extensions)
    second = realm.ca.responder(62, extensions=extensions)
    answers = [
        realm.ca.answer(realm.leaf, responder=first),
        realm.ca.answer(first[0], responder=second),
        realm.ca.answer(second[0], responder=first),
    ]
    assert realm.reason(*answers) is ReasonCode.OCSP_RESPONDER_UNAUTHORISED


@pytest.mark.reason(ReasonCode.OCSP_RESPONDER_UNAUTHORISED)
def test_a_responder_nobody_has_a_certificate_of(realm: Realm) -> None:
    answer = realm.ca.answer(realm.leaf, responder=realm.ca.responder(), embed=False)
    assert realm.reason(answer) is ReasonCode.OCSP_RESPONDER_UNAUTHORISED
