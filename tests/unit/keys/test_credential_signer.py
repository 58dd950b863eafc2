"""Credentials that we sign, judged by other implementations of COSE, CWT and Claim 169."""

from __future__ import annotations

import zlib
from pathlib import Path

import claim169
import cwt
import pytest
from cryptography.hazmat.primitives import serialization

from cardsvc.errors import ReasonCode, VaultError
from cardsvc.wire.base45 import parse_base45
from cardsvc.wire.credential import parse_token
from keys.credential_signer import CredentialSigner, open_credential_signer, short_key_id
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from keys.vault import VaultAlgorithm
from tests.support.faces import EXPIRES, GUID, ISSUER, credential, credential_signer, signed

POINT = credential_signer().public_key.public_bytes(
    serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
)


def test_the_claim_169_library_accepts_it() -> None:
    read = claim169.decode_with_ecdsa_p256(signed(), POINT)
    assert read.is_verified()
    assert read.claim169.full_name == credential().full_name
    assert read.claim169.id == str(GUID)
    assert read.cwt_meta.issuer == ISSUER
    assert read.cwt_meta.expires_at == int(EXPIRES.timestamp())


def test_the_claim_169_library_refuses_a_changed_one() -> None:
    other = signed()[:-3] + ("AAA" if not signed().endswith("AAA") else "BBB")
    with pytest.raises(claim169.Claim169Exception):
        claim169.decode_with_ecdsa_p256(other, POINT)


def test_the_cwt_library_accepts_it() -> None:
    token = zlib.decompress(parse_base45(signed()))
    jwk = credential_signer().jwks()["keys"][0]
    kid = short_key_id(jwk["kid"])
    # kty EC2, kid, alg ES256, crv P-256, x, y (RFC 9052 section 7, RFC 9053 section 7.1.1)
    key = cwt.COSEKey.new({1: 2, 2: kid, 3: -7, -1: 1, -2: POINT[1:33], -3: POINT[33:]})
    claims = cwt.decode(token, key)
    assert claims[1] == ISSUER
    assert claims[169][1] == str(GUID)


def test_the_key_is_made_once_and_named_by_its_thumbprint(tmp_path: Path) -> None:
    vault = SoftwareVault.open(tmp_path / "vault", "mật khẩu", cost=ScryptCost(n=2**4))
    first, second = open_credential_signer(vault), open_credential_signer(vault)
    assert first.jwks() == second.jwks()
    (jwk,) = first.jwks()["keys"]
    assert parse_token(first.sign(b"\xa0")).key_id == short_key_id(jwk["kid"])
    assert len(short_key_id(jwk["kid"])) == 8
    assert "d" not in jwk


def test_signed_texts_fit_the_shipped_box() -> None:
    assert len(signed()) <= 311, "version 10-M, alphanumeric (ISO/IEC 18004 table 7)"


@pytest.mark.reason(ReasonCode.UNSUPPORTED_ALGORITHM)
def test_another_kind_of_key_signs_no_credential(tmp_path: Path) -> None:
    vault = SoftwareVault.open(tmp_path / "vault", "mật khẩu", cost=ScryptCost(n=2**4))
    for algorithm in (VaultAlgorithm.RSA_2048, VaultAlgorithm.ECDSA_P384):
        handle = vault.generate(algorithm.value.replace("_", "-"), algorithm)
        with pytest.raises(VaultError) as refused:
            CredentialSigner(vault, handle)
        assert refused.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM
