"""What every key vault must do; a PKCS#11 vault will run this with its own fixture."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from cardsvc.errors import ReasonCode, VaultError
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm
from keys.vault_key import VaultEllipticCurveKey

EC_KEYS = {
    VaultAlgorithm.ECDSA_P256: (ec.SECP256R1, hashes.SHA256()),
    VaultAlgorithm.ECDSA_P384: (ec.SECP384R1, hashes.SHA384()),
}


class KeyVaultContract:
    """Sub-class it and give a fixture ``vault`` that is empty for each test."""

    @pytest.mark.parametrize("algorithm", list(EC_KEYS))
    def test_ec_keys_sign(self, vault: KeyVault, algorithm: VaultAlgorithm) -> None:
        handle = vault.generate("signer-1", algorithm)
        public_key = vault.public_key(handle)
        curve, digest = EC_KEYS[algorithm]
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        assert isinstance(public_key.curve, curve)
        signature = vault.sign(handle, b"message", digest)
        public_key.verify(signature, b"message", ec.ECDSA(digest))
        with pytest.raises(InvalidSignature):
            public_key.verify(signature, b"another", ec.ECDSA(digest))

    def test_rsa_keys_sign(self, vault: KeyVault) -> None:
        handle = vault.generate("rsa-1", VaultAlgorithm.RSA_2048)
        public_key = vault.public_key(handle)
        assert isinstance(public_key, rsa.RSAPublicKey)
        assert public_key.key_size == 2048
        signature = vault.sign(handle, b"message", hashes.SHA256())
        public_key.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())

    def test_handles_are_found_and_labels_listed(self, vault: KeyVault) -> None:
        assert vault.find("b") is None
        assert list(vault.labels()) == []
        b = vault.generate("b", VaultAlgorithm.ECDSA_P256)
        a = vault.generate("a", VaultAlgorithm.DERIVING_AES_256)
        assert vault.find("b") == b == KeyHandle("b", VaultAlgorithm.ECDSA_P256)
        assert vault.find("a") == a
        assert list(vault.labels()) == ["a", "b"]

    @pytest.mark.reason(ReasonCode.KEY_EXISTS)
    def test_a_label_is_never_overwritten(self, vault: KeyVault) -> None:
        handle = vault.generate("root-1", VaultAlgorithm.ECDSA_P256)
        before = vault.public_key(handle)
        for algorithm in (VaultAlgorithm.ECDSA_P256, VaultAlgorithm.DERIVING_AES_256):
            with pytest.raises(VaultError) as error:
                vault.generate("root-1", algorithm)
            assert error.value.reason is ReasonCode.KEY_EXISTS
        assert vault.public_key(handle) == before

    @pytest.mark.reason(ReasonCode.KEY_UNKNOWN)
    @pytest.mark.parametrize(
        "label", ["", "A", "../x", "a/b", ".hidden", "a" * 65, "a\x00", "-a", "a.", "ký", "a\n"]
    )
    def test_odd_labels_name_no_key(self, vault: KeyVault, label: str) -> None:
        for call in (
            lambda: vault.generate(label, VaultAlgorithm.ECDSA_P256),
            lambda: vault.find(label),
            lambda: vault.public_key(KeyHandle(label, VaultAlgorithm.ECDSA_P256)),
        ):
            with pytest.raises(VaultError) as error:
                call()
            assert error.value.reason is ReasonCode.KEY_UNKNOWN

    def test_a_made_up_handle_names_no_key(self, vault: KeyVault) -> None:
        vault.generate("real", VaultAlgorithm.ECDSA_P256)
        for handle in (
            KeyHandle("none", VaultAlgorithm.ECDSA_P256),
            KeyHandle("real", VaultAlgorithm.ECDSA_P384),
        ):
            with pytest.raises(VaultError) as error:
                vault.sign(handle, b"", hashes.SHA256())
            assert error.value.reason is ReasonCode.KEY_UNKNOWN

    def test_derivation_is_a_function_of_all_it_is_given(self, vault: KeyVault) -> None:
        master = vault.generate("master", VaultAlgorithm.DERIVING_AES_256)
        other = vault.generate("other", VaultAlgorithm.DERIVING_AES_256)
        base = vault.derive(master, b"label", b"context", 32)
        assert len(base) == 32
        assert vault.derive(master, b"label", b"context", 32) == base
        changed = [
            vault.derive(other, b"label", b"context", 32),
            vault.derive(master, b"Label", b"context", 32),
            vault.derive(master, b"label", b"Context", 32),
            vault.derive(master, b"labelc", b"ontext", 32),
        ]
        assert len({base, *changed}) == 5
        # the length is part of the input (SP 800-108r1 section 4): no prefix of one another
        assert vault.derive(master, b"label", b"context", 16) != base[:16]
        assert [len(vault.derive(master, b"l", b"c", n)) for n in (1, 24, 4080)] == [1, 24, 4080]

    @pytest.mark.parametrize("octets", [0, -1, 4081])
    def test_derivation_has_bounds(self, vault: KeyVault, octets: int) -> None:
        master = vault.generate("master", VaultAlgorithm.DERIVING_AES_256)
        with pytest.raises(VaultError) as error:
            vault.derive(master, b"label", b"", octets)
        assert error.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM

    def test_a_wrapped_key_opens_with_its_master_only(self, vault: KeyVault) -> None:
        master = vault.generate("wrap-1", VaultAlgorithm.WRAPPING_AES_256)
        other = vault.generate("wrap-2", VaultAlgorithm.WRAPPING_AES_256)
        for octets in (1, 16, 24, 32, 33):
            key = secrets.token_bytes(octets)
            wrapped = vault.wrap(master, key)
            assert octets < 16 or key not in wrapped  # one octet is in any text by chance
            assert vault.unwrap(master, wrapped) == key
            for bad in (
                wrapped[:-1],
                wrapped + bytes(8),
                b"",
                bytes([wrapped[0] ^ 1]) + wrapped[1:],
            ):
                with pytest.raises(VaultError) as error:
                    vault.unwrap(master, bad)
                assert error.value.reason is ReasonCode.VAULT_CORRUPT
            with pytest.raises(VaultError):
                vault.unwrap(other, wrapped)

    def test_a_key_serves_one_use(self, vault: KeyVault) -> None:
        signer = vault.generate("signer", VaultAlgorithm.ECDSA_P256)
        deriver = vault.generate("deriver", VaultAlgorithm.DERIVING_AES_256)
        wrapper = vault.generate("wrapper", VaultAlgorithm.WRAPPING_AES_256)
        for misuse in (
            lambda: vault.derive(signer, b"l", b"c", 16),
            lambda: vault.derive(wrapper, b"l", b"c", 16),
            lambda: vault.wrap(signer, bytes(16)),
            lambda: vault.wrap(deriver, bytes(16)),
            lambda: vault.unwrap(deriver, bytes(24)),
            lambda: vault.wrap(wrapper, b""),
            lambda: vault.sign(deriver, b"", hashes.SHA256()),
            lambda: vault.public_key(wrapper),
        ):
            with pytest.raises(VaultError) as error:
                misuse()
            assert error.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM

    def test_certificates_are_built_through_the_vault(self, vault: KeyVault) -> None:
        handle = vault.generate("ca", VaultAlgorithm.ECDSA_P384)
        key = VaultEllipticCurveKey(vault, handle)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Thử")])
        at = datetime(2026, 1, 1, tzinfo=UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(at)
            .not_valid_after(at.replace(year=2027))
            .sign(key, hashes.SHA384())
        )
        certificate.verify_directly_issued_by(certificate)
