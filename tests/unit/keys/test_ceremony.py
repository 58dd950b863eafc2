"""The ceremony: once, again, with the root away, after losses and as time goes by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization

from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType, RevocationReason
from keys.ceremony_plan import CeremonyPlan
from keys.pki import Pki, open_pki
from keys.software_vault import SoftwareVault
from keys.vault import VaultAlgorithm
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.rehearsal_pki import AT, CHEAP

PLAN = CeremonyPlan()


@pytest.fixture
def vault(tmp_path: Path) -> SoftwareVault:
    return SoftwareVault.open(tmp_path / "service", "một", cost=CHEAP)


@pytest.fixture
def root_vault(tmp_path: Path) -> SoftwareVault:
    return SoftwareVault.open(tmp_path / "root", "hai", cost=CHEAP)


@pytest.fixture
def ledger() -> MemoryCertificateLedger:
    return MemoryCertificateLedger()


def made(pki: Pki) -> list[str]:
    return [line.label for line in pki.transcript if line.made]


def test_a_first_ceremony_makes_everything(
    vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    pki = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    assert made(pki) == [line.label for line in pki.transcript]
    assert len(pki.transcript) == 2 * (1 + 3 + 3 + 3 + 1 + 1)
    pki.root_certificate.verify_directly_issued_by(pki.root_certificate)
    key_ids = set()
    for card_type, certificate in pki.issuing_certificates.items():
        certificate.verify_directly_issued_by(pki.root_certificate)
        signer = pki.content_signers[card_type].certificate
        signer.verify_directly_issued_by(certificate)
        key_ids.add(pki.authorities[card_type].issuer.key_id)
    assert len(key_ids) == 3
    first = pki.transcript[0]
    fingerprint = pki.root_certificate.fingerprint(hashes.SHA256()).hex()
    assert first.sha256_fingerprint == fingerprint
    assert str(first).startswith("+ root-1 ")
    assert "CA gốc thẻ điện tử" in str(first)


def test_a_second_ceremony_changes_nothing(
    vault: SoftwareVault, ledger: MemoryCertificateLedger, tmp_path: Path
) -> None:
    first = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    reopened = SoftwareVault.open(tmp_path / "service", "một")
    second = open_pki(PLAN, reopened, ledger, AT + timedelta(days=1), root_vault=reopened)
    assert made(second) == []
    assert [line.sha256_fingerprint for line in second.transcript] == [
        line.sha256_fingerprint for line in first.transcript
    ]
    assert second.receipt_signer.kid == first.receipt_signer.kid


def test_the_service_runs_without_the_roots_vault(
    vault: SoftwareVault, root_vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    with pytest.raises(VaultError) as error:
        open_pki(PLAN, vault, ledger, AT, root_vault=None)
    assert error.value.reason is ReasonCode.VAULT_SEALED
    ceremony = open_pki(PLAN, vault, ledger, AT, root_vault=root_vault)
    assert list(root_vault.labels()) == ["root-1"]
    assert "root-1" not in vault.labels()
    assert "sandbox-root-1" in vault.labels()
    left_behind = ceremony.status.crl("root", AT)
    daily = open_pki(PLAN, vault, ledger, AT, root_vault=None, root_crl_der=left_behind)
    assert made(daily) == []
    assert daily.root is None
    assert daily.root_certificate == ceremony.root_certificate
    assert daily.status.crl("root", AT) == left_behind
    der = ceremony.root_certificate.public_bytes(serialization.Encoding.DER)
    assert daily.status.ca_certificate("root") == der


def test_signers_are_renewed_before_they_end(
    vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    first = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    later = AT + timedelta(days=380)
    second = open_pki(PLAN, vault, ledger, later, root_vault=None)
    assert made(second) == [
        f"{realm}ocsp-{card_type.value}-2" for realm in ("", "sandbox-") for card_type in CardType
    ]
    third_time = AT + timedelta(days=1080)
    third = open_pki(PLAN, vault, ledger, third_time, root_vault=None)
    assert "receipt-2" in made(third)
    kids = [jwk["kid"] for jwk in third.status.jwks()["keys"]]
    assert kids[:2] == [third.receipt_signer.kid, first.receipt_signer.kid]
    assert len(kids) == 4  # and those of the status lists


def test_a_revoked_signer_is_followed_by_another(
    vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    first = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    signer = first.content_signers[CardType.BUSINESS].certificate
    key_id = first.authorities[CardType.BUSINESS].issuer.key_id
    ledger.revoke(key_id, signer.serial_number, RevocationReason.KEY_COMPROMISE, AT)
    second = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    assert made(second) == ["content-business-2"]


def test_a_lost_ledger_is_made_again_from_the_same_keys(
    vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    first = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    again = open_pki(PLAN, vault, MemoryCertificateLedger(), AT, root_vault=vault)
    assert made(again) == made(first)
    assert again.root_certificate.public_key() == first.root_certificate.public_key()


@pytest.mark.reason(ReasonCode.KEY_UNKNOWN)
def test_another_vault_does_not_become_the_root_by_mistake(
    vault: SoftwareVault, root_vault: SoftwareVault, ledger: MemoryCertificateLedger, tmp_path: Path
) -> None:
    first = open_pki(PLAN, vault, ledger, AT, root_vault=root_vault)
    wrong = SoftwareVault.open(tmp_path / "wrong", "ba", cost=CHEAP)
    with pytest.raises(VaultError) as error:
        open_pki(PLAN, vault, ledger, AT, root_vault=wrong)
    assert error.value.reason is ReasonCode.KEY_UNKNOWN
    assert list(wrong.labels()) == []
    on_purpose = CeremonyPlan(accept_new_root=True)
    second = open_pki(on_purpose, vault, ledger, AT, root_vault=wrong)
    assert second.root_certificate != first.root_certificate
    for certificate in second.issuing_certificates.values():
        certificate.verify_directly_issued_by(second.root_certificate)


def test_a_ceremony_that_broke_off_is_taken_up(
    vault: SoftwareVault, ledger: MemoryCertificateLedger
) -> None:
    # power went after the key was made, and another time after its serial was reserved
    vault.generate("root-1", VaultAlgorithm.ECDSA_P384)
    first = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    assert made(first)[0] == "root-1"
    key = (first.authorities[CardType.BUSINESS].issuer.key_id, 0)
    serial = first.content_signers[CardType.BUSINESS].certificate.serial_number
    entry = ledger._entries[key[0], serial]
    ledger._entries[key[0], serial] = type(entry)(entry.reservation)
    second = open_pki(PLAN, vault, ledger, AT, root_vault=vault)
    assert made(second) == ["content-business-2"]


def test_names_are_the_provinces(vault: SoftwareVault, ledger: MemoryCertificateLedger) -> None:
    plan = CeremonyPlan(
        root_subject=(
            ("country", "VN"),
            ("organization", "UBND tỉnh Lâm Đồng"),
            ("common_name", "G"),
        ),
        root_algorithm=VaultAlgorithm.ECDSA_P256,
        algorithm=VaultAlgorithm.ECDSA_P384,
    )
    pki = open_pki(plan, vault, ledger, AT, root_vault=vault)
    assert pki.root_certificate.subject.rfc4514_string() == "CN=G,O=UBND tỉnh Lâm Đồng,C=VN"
    for certificate in pki.issuing_certificates.values():
        certificate.verify_directly_issued_by(pki.root_certificate)
