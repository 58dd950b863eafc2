"""Status documents over HTTP and as files: caching, negotiation, and openssl's word on them."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import VerificationError
from cardsvc.terms import CardType, Realm, RevocationReason
from issuance import lifecycle
from keys.ocsp_responder import OCSP_CACHED_LIFETIME
from tests.support.command_line import CommandLine, serve_command_line
from tests.support.installations import ServiceUnderTest
from verification.status.list_token import verify_status_list
from web.static_status import publish_status

CIVIL = CardType.CIVIL_SERVANT
JWT = "application/statuslist+jwt"
OPENSSL = shutil.which("openssl")
DOCUMENTS = {
    f"/status/{CIVIL.value}.crl": "application/pkix-crl",
    f"/status/{CIVIL.value}.cer": "application/pkix-cert",
    "/status/root.crl": "application/pkix-crl",
    "/status/list/1": JWT,
    "/status/lists": "application/json",
    "/.well-known/jwks.json": "application/json",
}


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> tuple[CardGuid, x509.Certificate]:
    _, guid = service.active_card()
    return guid, certificate_of(service, guid)


def certificate_of(service: ServiceUnderTest, guid: CardGuid) -> x509.Certificate:
    with service.installation.store.transaction() as unit:
        key = unit.card(guid).key(KeySlot.CARD_AUTHENTICATION)
    assert key is not None
    return x509.load_der_x509_certificate(key.certificate_der)


def ask(
    service: ServiceUnderTest, path: str, method: str = "GET", **headers: str
) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request(
        method, service.url + path, headers=named, decode_content=False, redirect=False
    )


@pytest.mark.parametrize(("path", "kind"), DOCUMENTS.items())
@pytest.mark.usefixtures("card")
def test_who_has_the_edition_is_told_so(service: ServiceUnderTest, path: str, kind: str) -> None:
    full = ask(service, path)
    assert (full.status, full.headers["Content-Type"]) == (200, kind)
    assert full.headers["Cache-Control"].startswith("public, ")
    assert "Age" not in full.headers  # we are the origin (RFC 9111 section 5.1)
    tag = full.headers["ETag"]
    assert tag.startswith('"')
    for known in (tag, f'"other", {tag}', "*", f"W/{tag}"):
        again = ask(service, path, If_None_Match=known)
        assert (again.status, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == full.headers["Cache-Control"]
    assert ask(service, path, If_None_Match='"other"').data == full.data
    head = ask(service, path, "HEAD")
    assert (head.status, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == full.headers[name]
    assert ask(service, path, "HEAD", If_None_Match=tag).status == 304


@pytest.mark.usefixtures("card")
def test_a_date_alone_never_hides_a_change(service: ServiceUnderTest) -> None:
    for path in (f"/status/{CIVIL.value}.crl", "/status/list/1"):
        full = ask(service, path)
        date = full.headers["Last-Modified"]
        assert ask(service, path, If_Modified_Since=date).data == full.data
    assert ask(service, "/status/nobody.crl").status == 404
    assert ask(service, "/status/nobody.cer").status == 404
    assert ask(service, "/status/list/99").status == 404
    for number in (2**31, 2**63, 10**25):  # the last two are no database's
        assert ask(service, f"/status/list/{number}").status == 404


@pytest.mark.usefixtures("card")
def test_the_form_and_the_coding_of_a_list_are_negotiated(service: ServiceUnderTest) -> None:
    plain = ask(service, "/status/list/1")
    assert "Content-Encoding" not in plain.headers
    for accept in (JWT, "*/*", "application/*", f"application/statuslist+cwt, {JWT};q=0.5"):
        assert ask(service, "/status/list/1", Accept=accept).data == plain.data
    for accept in ("application/statuslist+cwt", "text/html", f"{JWT};q=0"):
        refused = ask(service, "/status/list/1", Accept=accept)
        assert refused.status == 406
        assert refused.headers["Content-Type"] == "application/problem+json"
    assert ask(service, "/status/list/1?time=1686925000").status == 501
    zipped = ask(service, "/status/list/1", Accept_Encoding="br, gzip")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    for answer in (plain, zipped):
        assert {"Accept", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = ask(
        service, "/status/list/1", Accept_Encoding="gzip", If_None_Match=zipped.headers["ETag"]
    )
    assert again.status == 304
    assert (
        "Content-Encoding" not in ask(service, "/status/list/1", Accept_Encoding="gzip;q=0").headers
    )


def test_all_lists_are_named_and_a_card_is_told_its_place(
    service: ServiceUnderTest, card: tuple[CardGuid, x509.Certificate]
) -> None:
    guid, _ = card
    status = ask(
        service,
        f"/api/v1/cards/{guid}/status",
        Authorization=f"Bearer {service.partner_token}",
    ).json()["status"]["status_list"]
    lists = ask(service, "/status/lists").json()
    assert lists == {"status_lists": [status["uri"]]}
    token = ask(service, "/status/list/1").data.decode()
    keys = ask(service, "/.well-known/jwks.json").json()
    now = service.clock.at
    found = verify_status_list(token, keys, expected_uri=status["uri"], at=now)
    found.require_valid(status["idx"])


def request_of(
    service: ServiceUnderTest, certificate: x509.Certificate, nonce: bytes | None = None
) -> bytes:
    issuer = service.installation.pki.factory.issuer(CIVIL)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def ocsp_path(request: bytes) -> str:
    return f"/status/ocsp/{base64.b64encode(request).decode()}"


def test_ocsp_by_get_may_be_kept_until_its_next_update(
    service: ServiceUnderTest, card: tuple[CardGuid, x509.Certificate]
) -> None:
    request = request_of(service, card[1])
    answer = ask(service, ocsp_path(request))
    response = ocsp.load_der_ocsp_response(answer.data)
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.next_update_utc is not None
    assert response.next_update_utc - response.this_update_utc == OCSP_CACHED_LIFETIME
    # RFC 5019 section 6.2
    directives = dict(
        one.partition("=")[::2] for one in answer.headers["Cache-Control"].split(", ")
    )
    assert {"public", "no-transform", "must-revalidate", "max-age"} == directives.keys()
    age = timedelta(seconds=int(directives["max-age"]))
    assert OCSP_CACHED_LIFETIME - timedelta(seconds=2) < age <= OCSP_CACHED_LIFETIME
    expires = response.next_update_utc.strftime("%a, %d %b %Y %H:%M:%S GMT")
    modified = response.this_update_utc.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert answer.headers["Expires"] == expires
    assert answer.headers["Last-Modified"] == modified
    assert answer.headers["ETag"]
    assert ask(service, ocsp_path(request), "HEAD").headers["Content-Type"] == (
        "application/ocsp-response"
    )


def test_what_is_one_clients_own_or_unknown_is_not_kept(
    service: ServiceUnderTest, card: tuple[CardGuid, x509.Certificate]
) -> None:
    _, certificate = card
    for request in (
        request_of(service, certificate, nonce=b"n" * 32),
        request_of(service, service.installation.pki.factory.issuer(CIVIL)),
        b"junk",
        b"",
    ):
        answer = ask(service, ocsp_path(request) if request else "/status/ocsp/!")
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    posted = urllib3.request(
        "POST", f"{service.url}/status/ocsp", body=request_of(service, certificate)
    )
    assert posted.headers["Cache-Control"] == "no-store"
    next_update = ocsp.load_der_ocsp_response(posted.data).next_update_utc
    assert next_update is not None
    assert next_update > service.clock.at + timedelta(hours=23)


def test_base64_with_slashes_in_a_row_is_no_path(
    service: ServiceUnderTest, card: tuple[CardGuid, x509.Certificate]
) -> None:
    _, certificate = card
    request = request_of(service, certificate, nonce=b"\xff" * 31 + b"n")
    encoded = base64.b64encode(request).decode()
    assert "//" in encoded
    for path in (f"/status/ocsp/{encoded}", f"/status/ocsp/{encoded.replace('/', '%2F')}"):
        answer = ask(service, path)
        response = ocsp.load_der_ocsp_response(answer.data)
        assert response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL


def test_files_follow_the_documents(service: ServiceUnderTest, tmp_path: Path) -> None:
    _, guid = service.active_card()
    status = service.installation.services.status
    written = publish_status(status, tmp_path, service.clock.now())
    expected = {path[1:] for path in DOCUMENTS} | {
        f"status/{realm}{name}.{kind}"
        for realm in ("", "sandbox-")
        for name in ("root", *(one.value for one in CardType))
        for kind in ("crl", "cer")
    }
    expected |= {
        f"pki/{realm.value}/{name}" for realm in Realm for name in ("anchors.pem", "jwks.json")
    }
    assert {str(path.relative_to(tmp_path)) for path in written} == expected
    for path in DOCUMENTS:
        assert (tmp_path / path[1:]).read_bytes() == ask(service, path).data
        assert (tmp_path / path[1:]).stat().st_mode & 0o777 == 0o644
    before = {path: path.stat().st_mtime_ns for path in written}
    assert publish_status(status, tmp_path, service.clock.now()) == []
    store = service.installation.store
    lifecycle.suspend(store, guid, operator="lan", at=service.clock.now())
    changed = publish_status(status, tmp_path, service.clock.now())
    assert {str(path.relative_to(tmp_path)) for path in changed} == {
        f"status/{CIVIL.value}.crl",
        "status/list/1",
    }
    for path in changed:  # a web server's validator is of the second
        assert path.stat().st_mtime_ns - before[path] >= 1_000_000_000
    assert not list(tmp_path.rglob(".new-*"))


def test_a_file_that_cant_be_written_is_left_as_it_was(
    service: ServiceUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = service.installation.services.status
    publish_status(status, tmp_path, service.clock.now())
    crl = tmp_path / f"status/{CIVIL.value}.crl"
    crl.write_bytes(b"old")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        publish_status(status, tmp_path, service.clock.now())
    assert crl.read_bytes() == b"old"
    assert not list(tmp_path.rglob(".new-*"))


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_agrees_with_the_list(service: ServiceUnderTest, tmp_path: Path) -> None:
    def openssl(*arguments: object, ok: bool = True) -> str:
        done = subprocess.run(
            [OPENSSL or "", *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    _, guid = service.active_card()
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(certificate_of(service, guid).public_bytes(Encoding.PEM))
    pki, status = service.installation.pki, service.installation.services.status
    issuer, root = tmp_path / "issuer.pem", tmp_path / "root.pem"
    issuer.write_bytes(pki.factory.issuer(CIVIL).public_bytes(Encoding.PEM))
    root.write_bytes(pki.root_certificate.public_bytes(Encoding.PEM))
    place = service.installation.services.places.place(guid)
    assert place is not None

    def agree(expected: str) -> None:
        at = service.clock.now()
        when = ("-attime", int(at.timestamp()) + 1)
        publish_status(status, tmp_path / "www", at)
        folder = tmp_path / "www" / "status"
        crls = tmp_path / "crls.pem"
        crls.write_bytes(
            b"".join(
                x509.load_der_x509_crl((folder / f"{name}.crl").read_bytes()).public_bytes(
                    Encoding.PEM
                )
                for name in ("root", CIVIL.value)
            )
        )
        good = expected == "good"
        said = openssl(
            *("verify", "-crl_check_all", *when, "-CAfile", root, "-untrusted", issuer),
            *("-CRLfile", crls, leaf),
            ok=good,
        )
        assert good or "certificate revoked" in said
        said = openssl(
            *("ocsp", "-issuer", issuer, "-cert", leaf, "-url", f"{service.url}/status/ocsp"),
            *("-CAfile", root, "-verify_other", issuer, *when, "-validity_period", 10**9),
        )
        assert "Response verify OK" in said
        assert f": {expected}" in said
        uri = status.list_uri(place.list_number)
        assert uri is not None
        listed = verify_status_list(
            (folder / "list" / "1").read_text(), status.jwks(), expected_uri=uri, at=at
        )
        try:
            listed.require_valid(place.index)
        except VerificationError:
            assert not good
        else:
            assert good

    agree("good")
    store = service.installation.store
    lifecycle.suspend(store, guid, operator="lan", at=service.clock.now())
    agree("revoked")
    lifecycle.resume(store, guid, operator="lan", at=service.clock.now())
    agree("good")
    lifecycle.revoke(
        store, guid, reason=RevocationReason.SUPERSEDED, operator="lan", at=service.clock.now()
    )
    agree("revoked")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


def test_the_command_line_publishes(commands: CommandLine, tmp_path: Path) -> None:
    first = commands.cardsvc("status", "publish", "--out", str(tmp_path)).splitlines()
    assert str(tmp_path / "status/root.crl") in first
    assert commands.cardsvc("status", "publish", "--out", str(tmp_path)) == ""
    jwks = urllib3.request("GET", f"{commands.url}/.well-known/jwks.json").data
    assert (tmp_path / ".well-known/jwks.json").read_bytes() == jwks
    (tmp_path / "file").write_bytes(b"")
    refused = commands.cardsvc("status", "publish", "--out", str(tmp_path / "file/x"), status=1)
    assert "Not a directory" in refused
    unknown = commands.cardsvc("status", "show", str(CardGuid(bytes(16))), status=1)
    assert "cardsvc card list" in unknown
