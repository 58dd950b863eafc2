"""What OpenSSL's own tools sign for a foreign card: CHUIDs by cms, statuses by ocsp, old roots."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.support.foreign import content as c
from tests.support.foreign import encoding as e
from tests.support.foreign import issuer, pki
from tests.support.foreign.issuer import Blueprint, Issuer
from tests.support.foreign.judge import failed, judge, show
from tests.support.foreign.keys import PrivateKey, key
from tests.support.foreign.pki import DAY, Authority
from tests.support.foreign.responder import delegate
from tests.support.foreign.signing import CHUID_TYPE
from verification.inspection.report import Mode, Verdict

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
BY = issuer.federal()
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
TODAY = {"begin": NOW - 9 * DAY, "end": NOW + 99 * DAY}
"""OpenSSL's own clock is the machine's, so these certificates are valid at every run."""


def of_today(root: Authority) -> tuple[Issuer, Blueprint]:
    by = Issuer(root, issuer.content_signer(root, "Signer of today", **TODAY))
    return by, Blueprint(by, begin=TODAY["begin"], expires=TODAY["end"])


class OpenSsl:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *command: str) -> bytes:
        done = subprocess.run(
            ["openssl", *command], cwd=self.folder, capture_output=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def keep(self, name: str, certificate: x509.Certificate, private: PrivateKey) -> None:
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / f"{name}.key").write_bytes(pem)
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    return OpenSsl(tmp_path)


@pytest.mark.parametrize(
    "how",
    [
        "-md sha256",
        "-md sha512 -keyid",
        "-md sha256 -keyopt rsa_padding_mode:pss",
        "-md sha256 -nosmimecap -cades",
        "-md sha256 -stream -indef",
    ],
)
def test_chuid_signed_by_openssl_cms(openssl: OpenSsl, how: str) -> None:
    b = Blueprint(BY).fill()
    openssl.keep("signer", BY.signer.certificate, BY.signer.private_key)
    day = f"{b.expires:%Y%m%d}".encode()
    head = e.fields((0x30, b.fascn), (0x34, b.card_uuid.bytes), (0x35, day))
    (openssl.folder / "chuid").write_bytes(head + c.EMPTY_FE)
    arguments = f"-binary -in chuid -signer signer.pem -inkey signer.key -outform DER {how}"
    signed = openssl("cms", "-sign", "-econtent_type", CHUID_TYPE, *arguments.split())
    b.objects[c.CHUID] = head + e.tlv(0x3E, signed) + c.EMPTY_FE
    report = judge(b.seal().card(), BY)
    assert report.verdict is Verdict.ACCEPT, show(report)


@pytest.mark.parametrize(
    ("who", "how"),
    [
        ("delegate", ""),
        ("delegate", "-resp_key_id"),
        ("delegate", "-rsigopt rsa_padding_mode:pss -rmd sha256"),
        ("elliptic", ""),
        ("ca", "-resp_no_certs"),
    ],
)
@pytest.mark.parametrize("is_revoked", [False, True])
def test_one_response_of_openssl_ocsp_for_many_certificates(
    openssl: OpenSsl, who: str, how: str, is_revoked: bool
) -> None:
    ca = pki.root("Root of today", "rsa2048", **TODAY)
    by, b = of_today(ca)
    b.fill()
    rsa = delegate(ca, "OpenSSL OCSP", **TODAY)
    elliptic = key("p256", "Elliptic OCSP")
    extensions = [pki.extended("1.3.6.1.5.5.7.3.9"), (x509.OCSPNoCheck(), False)]
    small = ca.issue(pki.name("Elliptic OCSP"), elliptic.public_key(), extensions, **TODAY)
    openssl.keep("ca", ca.certificate, ca.private_key)
    openssl.keep("delegate", rsa.certificate, rsa.private_key)
    openssl.keep("elliptic", small, elliptic)
    rows, asked = [], []
    for slot, certificate in b.certificates.items():
        (openssl.folder / f"{slot:x}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        serial = f"{certificate.serial_number:X}"
        word = ("R", "250101000000Z,keyCompromise") if is_revoked and slot == 0x9E else ("V", "")
        even = serial if len(serial) % 2 == 0 else f"0{serial}"
        rows.append("\t".join([word[0], "291231000000Z", word[1], even, "unknown", f"/CN={slot}"]))
        asked += ["-cert", f"{slot:x}.pem"]
    (openssl.folder / "index.txt").write_text("\n".join([*rows, ""]))
    openssl("ocsp", "-issuer", "ca.pem", *asked, "-reqout", "request")
    openssl(
        "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-reqin", "request", "-respout", "response",
        "-ndays", "7", "-rsigner", f"{who}.pem", "-rkey", f"{who}.key", *how.split(),
    )  # fmt: skip
    report = judge(
        b.card(), by, mode=Mode.CAK, at=dt.datetime.now(dt.UTC),
        ocsp=[(openssl.folder / "response").read_bytes()],
    )  # fmt: skip
    if is_revoked:
        assert failed(report) == {"9e.status": "certificate_revoked"}
    else:
        assert report.verdict is Verdict.ACCEPT, show(report)


@pytest.mark.parametrize("version", [1, 3])
def test_roots_of_another_age(openssl: OpenSsl, version: int) -> None:
    """A trust anchor's own signature and version say nothing (RFC 5280 section 6.1.1 d)."""
    new = "-newkey rsa:2048 -nodes -keyout root.key -subj /C=US/CN=Old"
    if version == 3:
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", "-x509", *new.split(), "-sha1", "-days", "900", "-out", "root.pem", *usage)
    else:
        openssl("req", "-new", *new.split(), "-out", "root.csr")
        openssl(
            *"x509 -req -in root.csr -signkey root.key -days 900 -out root.pem".split()  # noqa: SIM905 - as typed
        )
    certificate = x509.load_pem_x509_certificate((openssl.folder / "root.pem").read_bytes())
    private = load_pem_private_key((openssl.folder / "root.key").read_bytes(), None)
    root = Authority(certificate, private)  # type: ignore[arg-type] # RSA, as asked for above
    by, b = of_today(root)
    # the root is younger than these: nothing asks that periods nest (RFC 5280 section 6.1.3)
    lists = [root.crl(this_update=NOW - DAY, next_update=NOW + DAY)]
    report = judge(b.fill().seal().card(), by, crls=lists, at=dt.datetime.now(dt.UTC))
    assert report.verdict is Verdict.ACCEPT, show(report)
