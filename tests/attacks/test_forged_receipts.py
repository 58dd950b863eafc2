"""Receipts that we did not sign, or that say other than what we signed."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from keys.signers import public_jwk, verify_receipt
from tests.support.rehearsal_pki import make_rehearsal_pki

CLAIMS = {"jti": "1", "decision": "denied"}
GRANTED = {"jti": "1", "decision": "granted"}


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("receipts") / "vault"
    pki = make_rehearsal_pki(folder).pki
    return pki.receipt_signer.sign(CLAIMS), pki.status.jwks()


@pytest.mark.reason(ReasonCode.RECEIPT_BAD_SIGNATURE)
def test_a_receipt_that_we_did_not_sign(issued: tuple[str, dict[str, Any]]) -> None:
    receipt, key_set = issued
    header, payload, signature = receipt.split(".")
    stranger = ec.generate_private_key(ec.SECP256R1())
    ours = jwt.get_unverified_header(receipt)
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in (
        f"{header}.{encode(GRANTED)}.{signature}",
        f"{header}.{payload}.{flipped}",
        f"{header}.{payload}.{encode('short')}",
        f"{header}.{payload}.",
        jwt.encode(GRANTED, stranger, algorithm="ES256", headers=ours),
        jwt.encode(GRANTED, stranger, algorithm="ES256", headers={**ours, "kid": "stranger"}),
        # a key that the forger brings along is not looked at
        jwt.encode(
            GRANTED,
            stranger,
            algorithm="ES256",
            headers={
                **ours,
                "kid": public_jwk(stranger.public_key())["kid"],
                "jwk": public_jwk(stranger.public_key()),
            },
        ),
    ):
        with pytest.raises(VerificationError) as error:
            verify_receipt(forged, key_set)
        assert error.value.reason is ReasonCode.RECEIPT_BAD_SIGNATURE
    strange: list[dict[str, Any]] = [{"keys": []}, {}, {"keys": key_set["keys"] * 2}]
    for other_keys in strange:
        with pytest.raises(VerificationError):
            verify_receipt(receipt, other_keys)


@pytest.mark.reason(ReasonCode.MALFORMED_RECEIPT)
def test_a_token_of_another_kind_is_no_receipt(issued: tuple[str, dict[str, Any]]) -> None:
    receipt, key_set = issued
    _, payload, signature = receipt.split(".")
    ours = jwt.get_unverified_header(receipt)
    public_pem = jwt.PyJWK(key_set["keys"][0]).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # the public key taken for a shared secret (RFC 8725 section 2.1)
    confused = f"{encode({**ours, 'alg': 'HS256'})}.{encode(GRANTED)}"
    tag = hmac.digest(public_pem, confused.encode(), "sha256")
    confused += "." + base64.urlsafe_b64encode(tag).rstrip(b"=").decode()
    for token in (
        f"{encode({**ours, 'alg': 'none'})}.{payload}.",
        confused,
        f"{encode({**ours, 'typ': 'JWT'})}.{payload}.{signature}",
        f"{encode({'alg': 'ES256'})}.{payload}.{signature}",
        "",
        ".",
        "..",
        "a.b.c",
        receipt + ".x",
        f"{encode([])}.{payload}.{signature}",
        f"{encode('[' * 9)}.{payload}.{signature}",
    ):
        with pytest.raises(Malformed) as error:
            verify_receipt(token, key_set)
        assert error.value.reason is ReasonCode.MALFORMED_RECEIPT
