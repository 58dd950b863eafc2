"""Partners known by a TLS client certificate, which only the trusted proxy may tell of."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from werkzeug.test import TestResponse

from cardsvc.clock import SettableClock
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import PartnerProfile
from tests.support.http_probe import reason_of
from tests.support.installations import AT, open_cheaply
from tests.support.partner_keys import SigningKey, ask_token
from web.app import create_app
from web.bootstrap import Installation
from web.partners.register import KeyTerm, PartnerRegister
from web.partners.services import over_tls
from web.settings import Settings, SettingsError

PARTNER, HEADER = "kho-bac", "Client-Cert"
PUBLIC = "http://the.tinh.gov.vn"
STATUS = "/api/v1/cards/6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e/status"


def certificate(name: str, days: int = 365) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


OURS, STRANGERS = certificate("kho-bac"), certificate("kho-bac")


def rfc9440(one: x509.Certificate) -> str:
    return f":{base64.b64encode(one.public_bytes(Encoding.DER)).decode()}:"


def nginx(one: x509.Certificate) -> str:
    return quote(one.public_bytes(Encoding.PEM).decode(), safe="")


def settings(folder: object, **more: object) -> Settings:
    return Settings(data_dir=folder, vault_passphrase="mật khẩu", **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    behind = settings(
        tmp_path_factory.mktemp("service"), proxy_hops=1, client_certificate_header=HEADER,
        public_url=PUBLIC,
    )  # fmt: skip
    opened = open_cheaply(behind, SettableClock(AT))
    register = PartnerRegister(opened.partners)
    register.enrol(PARTNER, PartnerProfile("Kho bạc"), operator="admin", at=AT)
    pem = OURS.public_bytes(Encoding.PEM)
    register.add_certificate(PARTNER, pem, KeyTerm(), operator="admin", at=AT)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(installation: Installation) -> Flask:
    return create_app(installation.services)


def ask(app: Flask, header: str | None, client_id: str = PARTNER) -> TestResponse:
    headers = {} if header is None else {HEADER: header}
    form = {"grant_type": "client_credentials", "client_id": client_id}
    return app.test_client().post("/oauth/token", data=form, headers=headers)


@pytest.mark.parametrize("form", [rfc9440, nginx])
def test_a_certificate_on_record_gets_a_token_bound_to_it(app: Flask, form: object) -> None:
    assert callable(form)
    given = ask(app, form(OURS))
    assert given.status_code == 200
    bearer = {"Authorization": f"Bearer {given.get_json()['access_token']}"}
    client = app.test_client()
    assert client.get(STATUS, headers={**bearer, HEADER: form(OURS)}).status_code == 404
    # whoever steals the token has not the certificate's key (RFC 8705 section 3)
    for other in (None, form(STRANGERS)):
        headers = bearer if other is None else {**bearer, HEADER: other}
        refused = client.get(STATUS, headers=headers)
        assert (refused.status_code, reason_of(refused)) == (401, "access_denied")


@pytest.mark.reason(ReasonCode.CLIENT_REFUSED)
@pytest.mark.parametrize("client_id", [PARTNER, "khac", ""])
def test_no_certificate_or_another_ones(app: Flask, client_id: str) -> None:
    for header in (None, rfc9440(STRANGERS)):
        refused = ask(app, header, client_id)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("header", ["x", ":x:", "::", ":" + "A" * 20_000 + ":", "%ff", ":é:"])
def test_a_header_that_is_none(app: Flask, header: str) -> None:
    try:
        refused = ask(app, header)
    except UnicodeEncodeError:
        return  # no client can send it
    assert (refused.status_code, reason_of(refused)) == (400, "malformed_partner_key")


def test_a_certificate_is_no_key_for_assertions(installation: Installation, app: Flask) -> None:
    (key,) = installation.partners.keys(PARTNER)
    forged = SigningKey(kid=key.kid)
    assert ask_token(app, forged.assertion(PARTNER, AT)).status_code == 401


def test_metadata_say_what_is_on_offer(app: Flask) -> None:
    told = app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    methods = ["private_key_jwt", "self_signed_tls_client_auth"]
    assert told["token_endpoint_auth_methods_supported"] == methods
    assert told["tls_client_certificate_bound_access_tokens"] is True


def test_partners_who_come_by_tls_find_the_service_under_its_tls_name(
    installation: Installation, app: Flask
) -> None:
    """RFC 8414 section 3.3; certificates point to status documents by plain HTTP all the same."""
    register, key = PartnerRegister(installation.partners), SigningKey(kid="khoa-tls")
    register.enrol("benh-vien", PartnerProfile("Bệnh viện"), operator="admin", at=AT)
    register.add_key_set("benh-vien", key.key_set, KeyTerm(), operator="admin", at=AT)
    for scheme in ("http", "https"):
        issuer = f"{scheme}://the.tinh.gov.vn"
        told = app.test_client().get(
            "/.well-known/oauth-authorization-server", headers={"X-Forwarded-Proto": scheme}
        )
        endpoint = told.get_json()["token_endpoint"]
        assert (told.get_json()["issuer"], endpoint) == (issuer, f"{issuer}/oauth/token")
        for audience in (issuer, endpoint, [issuer, endpoint]):
            assert ask_token(app, key.assertion("benh-vien", AT, aud=audience)).status_code == 200
    for audience in ("https://the.tinh.gov.vn:8440", "ftp://the.tinh.gov.vn", [], [[PUBLIC]]):
        assert ask_token(app, key.assertion("benh-vien", AT, aud=audience)).status_code == 401


def test_an_address_with_a_port_is_no_tls_name() -> None:
    assert over_tls("http://the.tinh.gov.vn/the") == "https://the.tinh.gov.vn/the"
    assert over_tls("http://[2001:db8::1]") == "https://[2001:db8::1]"
    for same in ("https://the.tinh.gov.vn", "http://127.0.0.1:8440", "http://[::1]:8440", "the:x"):
        assert over_tls(same) == same
    at_home = Settings(data_dir=Path(), host="::1")
    assert over_tls(at_home.base_url) == at_home.base_url == "http://[::1]:8440"


def test_a_certificate_counts_no_longer_than_it_says(installation: Installation) -> None:
    register = PartnerRegister(installation.partners)
    register.enrol("ngan-han", PartnerProfile("Ngắn hạn"), operator="admin", at=AT)
    short = certificate("ngan-han", days=10).public_bytes(Encoding.DER)
    key = register.add_certificate("ngan-han", short, KeyTerm(), operator="admin", at=AT)
    assert key.not_after == datetime(2026, 12, 1, 1, tzinfo=UTC)
    late = AT + timedelta(days=11)
    with pytest.raises(Malformed):
        register.add_certificate("ngan-han", short, KeyTerm(), operator="admin", at=late)
    with pytest.raises(CardsvcError) as caught:
        register.add_certificate("ngan-han", short, KeyTerm(), operator="admin", at=AT)
    assert caught.value.reason is ReasonCode.PARTNER_KEY_TAKEN


def test_without_a_trusted_proxy_the_header_says_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    alone = settings(tmp_path_factory.mktemp("alone"))
    opened = open_cheaply(alone, SettableClock(AT))
    try:
        register = PartnerRegister(opened.partners)
        register.enrol(PARTNER, PartnerProfile("Kho bạc"), operator="admin", at=AT)
        der = OURS.public_bytes(Encoding.DER)
        register.add_certificate(PARTNER, der, KeyTerm(), operator="admin", at=AT)
        app = create_app(opened.services)
        assert ask(app, rfc9440(OURS)).status_code == 401
        told = app.test_client().get("/.well-known/oauth-authorization-server").get_json()
        assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    finally:
        opened.close()


def test_a_header_is_believed_from_a_proxy_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    wrong = settings(tmp_path_factory.mktemp("wrong"), client_certificate_header=HEADER)
    with pytest.raises(SettingsError, match="proxy_hops"):
        open_cheaply(wrong, SettableClock(AT))
