"""OpenSSL judges our certificates, CRLs and OCSP answers."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.public_key import CardPublicKey
from cardsvc.terms import CardType, RevocationReason
from issuance.ports import ProfileName
from tests.support.rehearsal_pki import AT, RehearsalPki, make_rehearsal_pki

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
PEM = serialization.Encoding.PEM


def openssl(*arguments: object, ok: bool = True) -> str:
    done = subprocess.run(
        [OPENSSL or "", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


class Bench:
    """A CA side and a folder with its certificates and CRLs in PEM."""

    def __init__(self, folder: Path, base_url: str | None = None) -> None:
        self.folder = folder
        self.rehearsal: RehearsalPki = make_rehearsal_pki(folder / "vault", base_url=base_url)
        pki = self.rehearsal.pki
        self.root = self.write("root.pem", pki.root_certificate)
        self.issuing = {
            card_type: self.write(f"{card_type.value}.pem", certificate)
            for card_type, certificate in pki.issuing_certificates.items()
        }

    def write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / name
        path.write_bytes(certificate.public_bytes(PEM))
        return path

    def crls(self, card_type: CardType, at: datetime = AT) -> Path:
        path = self.folder / f"{card_type.value}-crls.pem"
        made = [self.rehearsal.pki.status.crl(name, at) for name in ("root", card_type.value)]
        path.write_bytes(
            b"".join(x509.load_der_x509_crl(der or b"").public_bytes(PEM) for der in made)
        )
        return path

    def verify(
        self,
        certificate: x509.Certificate,
        card_type: CardType,
        *more: object,
        at: datetime = AT,
        ok: bool = True,
    ) -> str:
        return openssl(
            "verify",
            "-x509_strict",
            "-check_ss_sig",
            "-policy_check",
            "-crl_check_all",
            "-attime",
            int(at.timestamp()),
            "-CAfile",
            self.root,
            "-untrusted",
            self.issuing[card_type],
            "-CRLfile",
            self.crls(card_type, at),
            *more,
            self.write("leaf.pem", certificate),
            ok=ok,
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("card_type", list(CardType))
@pytest.mark.parametrize("profile", list(ProfileName))
@pytest.mark.parametrize("base_url", [None, "http://the.example.gov.vn/status"])
def test_card_certificates_pass_the_strict_check(
    tmp_path: Path, card_type: CardType, profile: ProfileName, base_url: str | None
) -> None:
    bench = Bench(tmp_path, base_url)
    certificate = bench.rehearsal.issue(bench.rehearsal.request(profile, card_type))
    assert "OK" in bench.verify(certificate, card_type)


def test_every_algorithm_passes(bench: Bench) -> None:
    keys: list[CardPublicKey] = [
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        rsa.generate_private_key(65537, 2048).public_key(),
    ]
    for key in keys:
        certificate = bench.rehearsal.issue(bench.rehearsal.request(public_key=key))
        assert "OK" in bench.verify(certificate, CardType.CIVIL_SERVANT)


def test_signers_pass_the_strict_check(bench: Bench) -> None:
    for name in ("content_signer", "ocsp_signer", "receipt_signer"):
        for entry in bench.rehearsal.ledger.list_by_profile(name):
            issuer = next(
                card_type
                for card_type, authority in bench.rehearsal.pki.authorities.items()
                if authority.issuer.key_id == entry.reservation.issuer_key_id
            )
            certificate = x509.load_der_x509_certificate(entry.certificate_der or b"")
            more = ("-purpose", "ocsphelper") if name == "ocsp_signer" else ()
            assert "OK" in bench.verify(certificate, issuer, *more)


def test_purposes_are_kept_apart(bench: Bench) -> None:
    rehearsal = bench.rehearsal
    civil = CardType.CIVIL_SERVANT
    authentication = rehearsal.issue(rehearsal.request(ProfileName.AUTHENTICATION))
    assert "OK" in bench.verify(authentication, civil, "-purpose", "sslclient")
    bench.verify(authentication, civil, "-purpose", "sslserver", ok=False)
    signature = rehearsal.issue(rehearsal.request(ProfileName.SIGNATURE))
    assert "OK" in bench.verify(signature, civil, "-purpose", "smimesign")
    bench.verify(signature, civil, "-purpose", "sslclient", ok=False)
    lean = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    bench.verify(lean, civil, "-purpose", "sslclient", ok=False)
    bench.verify(lean, civil, "-purpose", "crlsign", ok=False)


def test_a_certificate_ends(bench: Bench) -> None:
    certificate = bench.rehearsal.issue(bench.rehearsal.request(not_after=AT + timedelta(days=30)))
    later = AT + timedelta(days=31)
    assert "expired" in bench.verify(certificate, CardType.CIVIL_SERVANT, at=later, ok=False)
    early = AT - timedelta(hours=1)
    assert "not yet valid" in bench.verify(certificate, CardType.CIVIL_SERVANT, at=early, ok=False)


def test_another_cas_certificate_does_not_chain(bench: Bench) -> None:
    certificate = bench.rehearsal.issue(bench.rehearsal.request(card_type=CardType.BUSINESS))
    bench.verify(certificate, CardType.CIVIL_SERVANT, ok=False)


def test_revoked_cards_and_authorities_are_refused(bench: Bench) -> None:
    rehearsal, civil = bench.rehearsal, CardType.CIVIL_SERVANT
    certificate = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    good = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    authority = rehearsal.pki.authorities[civil]
    rehearsal.ledger.revoke(
        authority.issuer.key_id,
        certificate.serial_number,
        RevocationReason.CERTIFICATE_HOLD,
        AT,
    )
    assert "revoked" in bench.verify(certificate, civil, ok=False)
    assert "OK" in bench.verify(good, civil)
    root = rehearsal.pki.root
    assert root is not None
    rehearsal.ledger.revoke(
        root.issuer.key_id,
        authority.certificate.serial_number,
        RevocationReason.KEY_COMPROMISE,
        AT,
    )
    assert "revoked" in bench.verify(good, civil, ok=False)


def test_openssl_reads_and_verifies_the_crl(bench: Bench) -> None:
    rehearsal, civil = bench.rehearsal, CardType.CIVIL_SERVANT
    key_id = rehearsal.pki.authorities[civil].issuer.key_id
    for reason in RevocationReason:
        certificate = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
        rehearsal.ledger.revoke(key_id, certificate.serial_number, reason, AT)
    path = bench.folder / "civil.crl"
    path.write_bytes(rehearsal.pki.status.crl(civil.value, AT) or b"")
    text = openssl(
        "crl", "-in", path, "-inform", "DER", "-noout", "-text", "-CAfile", bench.issuing[civil]
    )
    assert "verify OK" in text
    assert "Certificate Hold" in text
    assert text.count("Serial Number:") == len(RevocationReason)
    assert text.count("CRL Reason Code") == len(RevocationReason) - 1
    other = bench.issuing[CardType.BUSINESS]
    openssl("crl", "-in", path, "-inform", "DER", "-noout", "-CAfile", other, ok=False)
    assert "X509v3 Authority Key Identifier" in text
    assert "X509v3 CRL Number" in text


@pytest.mark.parametrize("digest", ["-sha1", "-sha256", "-sha384"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
def test_openssl_takes_ocsp_answers(bench: Bench, digest: str, nonce: str) -> None:
    rehearsal, civil = bench.rehearsal, CardType.CIVIL_SERVANT
    authority = rehearsal.pki.authorities[civil]
    certificate = rehearsal.issue(rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    leaf = bench.write("leaf.pem", certificate)
    request, response = bench.folder / "q.der", bench.folder / "a.der"

    def ask() -> str:
        common = (digest, "-issuer", bench.issuing[civil], "-cert", leaf, nonce)
        openssl("ocsp", *common, "-reqout", request)
        response.write_bytes(rehearsal.pki.status.ocsp(request.read_bytes(), AT))
        return openssl(
            "ocsp",
            *(digest, "-issuer", bench.issuing[civil], "-cert", leaf),
            # -no_nonce: keep the nonce that the request has, make none of your own
            *("-reqin", request, "-no_nonce") if nonce == "-nonce" else (),
            *("-respin", response, "-CAfile", bench.root, "-verify_other", bench.issuing[civil]),
            *("-attime", int(AT.timestamp()), "-validity_period", 10**9),
        )

    answer = ask()
    assert "Response verify OK" in answer
    assert ": good" in answer
    rehearsal.ledger.revoke(
        authority.issuer.key_id,
        certificate.serial_number,
        RevocationReason.CERTIFICATE_HOLD,
        AT,
    )
    answer = ask()
    assert "Response verify OK" in answer
    assert ": revoked" in answer
    assert "certificateHold" in answer
    text = openssl("ocsp", "-respin", response, "-noverify", "-resp_text")
    assert ("OCSP Nonce" in text) is (nonce == "-nonce")


def test_names_are_utf8_strings(bench: Bench) -> None:
    certificate = bench.rehearsal.issue(bench.rehearsal.request(ProfileName.AUTHENTICATION))
    path = bench.write("leaf.pem", certificate)
    text = openssl(
        "x509", "-in", path, "-noout", "-subject", "-nameopt", "utf8,show_type,sep_comma_plus"
    )
    assert "CN=UTF8STRING:Nguyễn Thị Đoan Trang" in text
    lean = bench.rehearsal.issue(bench.rehearsal.request(ProfileName.CARD_AUTHENTICATION))
    text = openssl("x509", "-in", bench.write("lean.pem", lean), "-noout", "-text")
    assert "X509v3 Subject Alternative Name: critical" in text
    assert "URI:urn:uuid:" in text
