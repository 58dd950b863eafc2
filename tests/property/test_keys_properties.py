"""Properties of the CA's side: whatever is typed or sent, the outcome is one of few."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, ReasonCode, VaultError, VerificationError
from cardsvc.terms import CardType
from issuance.ports import CertificateRequest, ProfileName
from keys.profiles import parse_profile
from keys.sealed_file import parse_file, seal, unseal
from keys.signers import verify_receipt
from tests.support.rehearsal_pki import AT, RehearsalPki, make_rehearsal_pki

FEW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    folder: Path = tmp_path_factory.mktemp("keys") / "vault"
    return make_rehearsal_pki(folder)


def issue_or_tell(
    rehearsal: RehearsalPki, request: CertificateRequest
) -> x509.Certificate | ReasonCode:
    try:
        return rehearsal.issue(request)
    except VaultError as error:
        return error.reason


@FEW
@given(
    name=st.text(max_size=70) | st.text("Nguyễn Đức Hòa ".replace(" ", "") + " ", min_size=1),
    organization=st.text(max_size=70),
)
def test_a_subject_is_certified_as_it_stands_or_refused(
    rehearsal: RehearsalPki, name: str, organization: str
) -> None:
    subject = (("common_name", name), ("organization", organization))
    request = rehearsal.request(ProfileName.AUTHENTICATION, subject=subject)
    certificate = issue_or_tell(rehearsal, request)
    if not isinstance(certificate, x509.Certificate):
        assert certificate is ReasonCode.PROFILE_VIOLATED
        return
    reread = x509.load_der_x509_certificate(certificate.public_bytes(serialization.Encoding.DER))
    assert [attribute.value for attribute in reread.subject] == [name, organization]
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.reason(ReasonCode.MALFORMED_RECEIPT)
@FEW
@given(
    junk=st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,90}")
)
def test_junk_is_no_receipt(rehearsal: RehearsalPki, junk: str) -> None:
    with pytest.raises(Malformed) as error:
        verify_receipt(junk, rehearsal.pki.status.jwks())
    assert error.value.reason is ReasonCode.MALFORMED_RECEIPT


@FEW
@given(data=st.data())
def test_a_changed_receipt_is_never_taken(rehearsal: RehearsalPki, data: st.DataObject) -> None:
    claims: dict[str, Any] = {"jti": "7", "decision": "denied"}
    good = rehearsal.pki.receipt_signer.sign(claims)
    position = data.draw(st.integers(0, len(good) - 1))
    character = data.draw(st.sampled_from("AZaz09_-.=é\x00"))
    changed = good[:position] + character + good[position + 1 :]
    try:
        taken = verify_receipt(changed, rehearsal.pki.status.jwks())
    except (Malformed, VerificationError):
        return
    # base64url's last character has bits that say nothing
    assert taken == claims


@FEW
@given(junk=st.binary(max_size=300))
def test_any_octets_get_an_ocsp_answer(rehearsal: RehearsalPki, junk: bytes) -> None:
    response = ocsp.load_der_ocsp_response(rehearsal.pki.status.ocsp(junk, AT))
    assert response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL


@FEW
@given(data=st.data())
def test_a_mutated_ocsp_request_gets_an_answer(
    rehearsal: RehearsalPki, data: st.DataObject
) -> None:
    issuer = rehearsal.pki.factory.issuer(CardType.BUSINESS)
    good = bytearray(
        ocsp.OCSPRequestBuilder()
        .add_certificate(issuer, issuer, hashes.SHA256())
        .add_extension(x509.OCSPNonce(bytes(16)), critical=False)
        .build()
        .public_bytes(serialization.Encoding.DER)
    )
    for _ in range(data.draw(st.integers(1, 3))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    response = ocsp.load_der_ocsp_response(rehearsal.pki.status.ocsp(bytes(good), AT))
    if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
        assert response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


@pytest.mark.reason(ReasonCode.VAULT_CORRUPT)
@FEW
@given(junk=st.binary(max_size=200) | st.text().map(str.encode))
def test_junk_is_no_vault_file(junk: bytes) -> None:
    with pytest.raises(VaultError) as error:
        parse_file(junk)
    assert error.value.reason is ReasonCode.VAULT_CORRUPT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@FEW
@given(parts=st.fixed_dictionaries(dict.fromkeys(("header", "nonce", "box", "sum"), JSON)))
def test_a_file_of_other_parts_is_no_vault_file(parts: dict[str, Any]) -> None:
    with pytest.raises(VaultError) as error:
        parse_file(json.dumps(parts).encode())
    assert error.value.reason is ReasonCode.VAULT_CORRUPT


@FEW
@given(plain=st.binary(max_size=100), label=st.text(max_size=20))
def test_a_seal_opens_with_its_key_and_header_alone(plain: bytes, label: str) -> None:
    header = {"format": "cardsvc-vault-1", "label": label}
    parsed, nonce, box = parse_file(seal(bytes(32), plain, header))
    assert parsed == header
    assert unseal(bytes(32), parsed, nonce, box, otherwise=ReasonCode.VAULT_CORRUPT) == plain
    for key, other in ((b"\x01" * 32, parsed), (bytes(32), {**parsed, "label": label + "x"})):
        with pytest.raises(VaultError):
            unseal(key, other, nonce, box, otherwise=ReasonCode.VAULT_CORRUPT)


@pytest.mark.reason(ReasonCode.PROFILE_UNKNOWN)
@FEW
@given(text=st.text(max_size=200))
def test_junk_is_no_profile(text: str) -> None:
    with pytest.raises(VaultError) as error:
        parse_profile("junk", text)
    assert error.value.reason is ReasonCode.PROFILE_UNKNOWN
