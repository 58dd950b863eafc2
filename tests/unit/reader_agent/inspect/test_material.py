"""Trust and status files as they come: PEM, DER, bundles, PKCS #7, base64, and rubbish."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from reader_agent.material import Kind, load, revocation_from, trust_from
from reader_agent.personas.published import export_realm
from tests.support.personas import realm


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    export_realm(realm(), tmp_path)
    return tmp_path


def _certificates() -> list:
    return [realm()[name].certificate for name in ("root", "issuing")]


def test_self_signed_are_anchors_and_the_rest_intermediates(exported: Path) -> None:
    loaded = load(exported / "trust")
    trust = trust_from(loaded)
    assert [one.subject for one in trust.anchors] == [realm()["root"].certificate.subject]
    assert realm()["issuing"].certificate in trust.intermediates
    assert loaded.warnings == []


def _pem_bundle() -> bytes:
    text = "".join(one.public_bytes(Encoding.PEM).decode() for one in _certificates())
    return ("# chứng thư thử nghiệm\n" + text.replace("\n", "\r\n")).encode()


FORMS = {
    "bundle.pem": _pem_bundle,
    "chain.p7c": lambda: pkcs7.serialize_certificates(_certificates(), Encoding.DER),
    "chain.p7b": lambda: pkcs7.serialize_certificates(_certificates(), Encoding.PEM),
}


@pytest.mark.parametrize("name", FORMS)
def test_bundles_are_read_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name]())
    found = trust_from(load(tmp_path))
    assert (len(found.anchors), len(found.intermediates)) == (1, 1)


def test_bare_base64_single_files_and_repetitions(tmp_path: Path) -> None:
    root = realm()["root"].certificate
    der = root.public_bytes(Encoding.DER)
    (tmp_path / "a.cer").write_bytes(base64.encodebytes(der))
    (tmp_path / "b.crt").write_bytes(der)
    assert load(tmp_path).ders[Kind.CERTIFICATE] == [der]
    assert load(tmp_path / "b.crt").ders[Kind.CERTIFICATE] == [der]


def test_status_files_are_told_by_content(exported: Path) -> None:
    revocation, warnings = revocation_from([load(exported)])
    assert warnings == []
    assert len(revocation.crls) == 3
    assert len(revocation.ocsp_responses) > 10


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"xin chao",
        b"\x00" * 40,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n",
        b"-----BEGIN RSA PRIVATE KEY-----\n!!!\n-----END RSA PRIVATE KEY-----\n",
        "tiếng Việt".encode("utf-16"),
    ],
)
def test_rubbish_is_a_warning_that_names_the_file(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "rubbish.pem").write_bytes(octets)
    loaded = load(tmp_path)
    assert [warning.split(":")[0] for warning in loaded.warnings] == ["rubbish.pem"]
    assert not any(loaded.ders.values())


def test_hidden_files_are_left_out_and_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"rubbish")
    assert load(tmp_path).warnings == []
    with pytest.raises(OSError):
        load(tmp_path / "missing")


def test_versions_that_do_not_exist_are_warnings_and_not_tracebacks() -> None:
    certificate = _certificates()[0]
    bundle = pkcs7.serialize_certificates([certificate], Encoding.DER)
    version, other = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x30"
    with tempfile.TemporaryDirectory() as place:
        for number, octets in enumerate((certificate.public_bytes(Encoding.DER), bundle)):
            assert version in octets
            (Path(place) / f"{number}").write_bytes(octets.replace(version, other))
        loaded = load(Path(place))
    assert not any(loaded.ders.values())
    assert len(loaded.warnings) == 2
