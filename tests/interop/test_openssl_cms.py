"""OpenSSL's cms command judges what we sign, and we judge what it signs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card.cms import (
    OID_BIOMETRIC_OBJECT,
    OID_CHUID_SECURITY_OBJECT,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.cms_algorithms import Scheme
from cardsvc.card.cms_signing import sign_detached, sign_encapsulated
from cardsvc.errors import VerificationError
from tests.support.content_signers import ContentSignerFixture, content_signer

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONTENT = b"\x30\x19" + bytes(25) + b"\x34\x10" + bytes(range(16)) + b"\r\n\x00\xfe\x00"


def openssl(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments], cwd=folder, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(params=["p256", "p384", "rsa2048"])
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> ContentSignerFixture:
    made = content_signer(request.param)
    (tmp_path / "key.pem").write_bytes(made.key_pem)
    (tmp_path / "cert.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(CONTENT)
    return made


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("detached", [True, False])
def test_openssl_accepts_ours(
    signer: ContentSignerFixture, tmp_path: Path, digest: str, detached: bool
) -> None:
    sign = sign_detached if detached else sign_encapsulated
    made = sign(CONTENT, OID_CHUID_SECURITY_OBJECT, signer.settings(digest))
    (tmp_path / "signed").write_bytes(made)
    arguments = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "signed"]
    arguments += ["-CAfile", "cert.pem", "-purpose", "any", "-no_check_time", "-out", "out"]
    arguments += ["-content", "content"] if detached else []
    openssl(tmp_path, *arguments)
    assert (tmp_path / "out").read_bytes() == CONTENT


def sign_by_openssl(folder: Path, *extra: str) -> bytes:
    arguments = ["cms", "-sign", "-binary", "-in", "content", "-signer", "cert.pem"]
    arguments += ["-inkey", "key.pem", "-outform", "DER", "-out", "signed", *extra]
    openssl(folder, *arguments)
    return (folder / "signed").read_bytes()


VARIANTS = {
    "detached": ["-md", "sha256"],
    "attached": ["-md", "sha256", "-nodetach"],
    "key identifier": ["-md", "sha256", "-keyid"],
    "no certificate": ["-md", "sha384", "-nocerts"],
    "indefinite lengths": ["-md", "sha256", "-nodetach", "-stream"],
    "sha512": ["-md", "sha512"],
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_we_accept_openssl(signer: ContentSignerFixture, tmp_path: Path, variant: str) -> None:
    octets = sign_by_openssl(tmp_path, "-econtent_type", OID_BIOMETRIC_OBJECT, *VARIANTS[variant])
    signed = parse_signed_data(octets)
    attached = "-nodetach" in VARIANTS[variant]
    assert signed.content_type == OID_BIOMETRIC_OBJECT
    assert signed.content == (CONTENT if attached else None)
    assert signed.attributes is not None
    assert signed.attributes.signing_time is not None
    assert (signed.signer() is None) == (variant == "no certificate")
    assert signed.signer([signer.certificate]) == signer.certificate
    verify_signed_data(signed, None if attached else CONTENT, signer.certificate)
    with pytest.raises(VerificationError):
        verify_signed_data(signed, CONTENT + b"\x00", signer.certificate)


@pytest.mark.parametrize("salt", ["digest", "max", "20"])
@pytest.mark.parametrize("digest", ["sha256", "sha384"])
def test_we_accept_openssl_pss(tmp_path: Path, digest: str, salt: str) -> None:
    signer = content_signer("rsa2048")
    (tmp_path / "key.pem").write_bytes(signer.key_pem)
    (tmp_path / "cert.pem").write_bytes(signer.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "content").write_bytes(CONTENT)
    options = ["-md", digest, "-keyopt", "rsa_padding_mode:pss"]
    options += ["-keyopt", f"rsa_pss_saltlen:{salt}"]
    signed = parse_signed_data(sign_by_openssl(tmp_path, *options))
    assert signed.signature_algorithm.scheme is Scheme.RSA_PSS
    assert signed.signature_algorithm.digest == digest
    verify_signed_data(signed, CONTENT, signer.certificate)
    with pytest.raises(VerificationError):
        verify_signed_data(signed, CONTENT[1:], signer.certificate)
