"""Content and receipt signers: what they sign verifies with the published keys alone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from cardsvc.errors import Malformed, ReasonCode, VaultError
from cardsvc.terms import CardType
from keys.ocsp_responder import OcspSigner
from keys.signers import ContentSigner, ReceiptSigner, key_id, public_jwk, verify_receipt
from keys.vault import VaultAlgorithm
from keys.vault_key import VaultEllipticCurveKey
from tests.support.rehearsal_pki import RehearsalPki

CLAIMS = {"iss": "cardsvc", "jti": "01", "decision": "granted", "iat": 4102444800, "aud": "đối tác"}


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("card_type", list(CardType))
def test_content_is_signed_with_sha_256(rehearsal: RehearsalPki, card_type: CardType) -> None:
    signer = rehearsal.pki.content_signers[card_type]
    key = signer.certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signer.sign(b"CHUID"), b"CHUID", ec.ECDSA(hashes.SHA256()))


def test_a_receipt_verifies_with_the_jwk_by_hand(rehearsal: RehearsalPki) -> None:
    header, payload, signature = rehearsal.pki.receipt_signer.sign(CLAIMS).split(".")
    named = json.loads(decode(header))
    assert named["alg"] == "ES256"
    assert named["typ"] == "cardsvc-receipt+jwt"
    (jwk,) = (one for one in rehearsal.pki.status.jwks()["keys"] if one["kid"] == named["kid"])
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(decode(jwk["x"]), "big"),
        int.from_bytes(decode(jwk["y"]), "big"),
        ec.SECP256R1(),
    )
    raw = decode(signature)
    assert len(raw) == 64
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers.public_key().verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(decode(payload)) == CLAIMS


def test_half_a_character_is_not_signed(rehearsal: RehearsalPki) -> None:
    with pytest.raises(Malformed):
        rehearsal.pki.receipt_signer.sign({**CLAIMS, "aud": "\ud800"})


def test_a_receipt_verifies_with_the_published_set_whatever_its_dates(
    rehearsal: RehearsalPki,
) -> None:
    claims = {**CLAIMS, "exp": 1, "nbf": 4102444800}
    receipt = rehearsal.pki.receipt_signer.sign(claims)
    assert verify_receipt(receipt, rehearsal.pki.status.jwks()) == claims


def test_the_key_id_is_the_thumbprint() -> None:
    # coordinates with leading zero octets keep their 32 octets (RFC 7518 section 6.2.1.2)
    for scalar in range(1, 600):
        key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
        jwk = public_jwk(key)
        assert len(decode(jwk["x"])) == len(decode(jwk["y"])) == 32
    members = f'{{"crv":"P-256","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'
    digest = hashlib.sha256(members.encode()).digest()
    assert decode(key_id(key)) == digest
    assert "d" not in jwk


def test_another_keys_certificate_is_refused(rehearsal: RehearsalPki) -> None:
    certificate = rehearsal.pki.content_signers[CardType.BUSINESS].certificate
    other = rehearsal.vault.generate("other", VaultAlgorithm.ECDSA_P256)
    makers: tuple[Callable[..., object], ...] = (ContentSigner, OcspSigner.open)
    for make in makers:
        with pytest.raises(VaultError) as error:
            make(rehearsal.vault, other, certificate)
        assert error.value.reason is ReasonCode.CERTIFICATE_MISMATCH


def test_only_p256_signs_receipts(rehearsal: RehearsalPki) -> None:
    for algorithm in (VaultAlgorithm.ECDSA_P384, VaultAlgorithm.RSA_2048):
        handle = rehearsal.vault.generate(f"k-{algorithm.value}", algorithm)
        with pytest.raises(VaultError) as error:
            ReceiptSigner(rehearsal.vault, handle)
        assert error.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM


def test_a_vault_key_gives_nothing_but_signatures(rehearsal: RehearsalPki) -> None:
    handle = rehearsal.vault.generate("k", VaultAlgorithm.ECDSA_P256)
    key = VaultEllipticCurveKey(rehearsal.vault, handle)
    assert key.key_size == 256
    attempts: tuple[Callable[[], object], ...] = (
        key.private_numbers,
        lambda: key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        lambda: key.exchange(ec.ECDH(), key.public_key()),
        lambda: key.sign(bytes(32), ec.ECDSA(Prehashed(hashes.SHA256()))),
    )
    for attempt in attempts:
        with pytest.raises(VaultError) as error:
            attempt()
        assert error.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM
