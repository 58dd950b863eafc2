"""Callers at the token endpoint who are not the partner that they say to be."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask

from cardsvc.audit import AuditAction
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import PartnerProfile, Scope
from tests.support.http_probe import Probe, reason_of
from tests.support.installations import ServiceUnderTest, serve
from tests.support.partner_keys import AUDIENCE, SigningKey, ask_token
from web.app import create_app
from web.partners.register import KeyTerm, PartnerRegister

PARTNER = "benh-vien"
STATUS = "/api/v1/cards/6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e/status"
KEY = SigningKey()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        register = PartnerRegister(running.installation.partners)
        at = running.clock.now()
        register.enrol(PARTNER, PartnerProfile("Bệnh viện"), operator="admin", at=at)
        register.add_key_set(PARTNER, KEY.key_set, KeyTerm(), operator="admin", at=at)
        yield running


@pytest.fixture(scope="module")
def app(service: ServiceUnderTest) -> Flask:
    return create_app(service.installation.services)


@pytest.fixture
def register(service: ServiceUnderTest) -> PartnerRegister:
    return PartnerRegister(service.installation.partners)


def refused(app: Flask, assertion: str, **fields: Any) -> str:
    answer = ask_token(app, assertion, **fields)
    body = answer.get_json()
    assert body.keys() == {"error", "error_description"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.status_code == (401 if body["error"] == "invalid_client" else 400)
    assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
    return str(body["error"])


def last_refusal(service: ServiceUnderTest) -> ReasonCode:
    """Return the exact reason of the newest refusal on record."""
    events = [one.event for one in service.installation.audit.events()]
    noted = [one for one in events if one.action is AuditAction.PARTNER_REFUSED]
    return ReasonCode(str(noted[0].facts["reason"]))


def test_a_partner_that_signs_gets_a_token(service: ServiceUnderTest, app: Flask) -> None:
    answer = ask_token(app, KEY.assertion(PARTNER, service.clock.now()), scope="status verify")
    body = answer.get_json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 300)
    assert body["scope"] == "status verify"
    probe = Probe(app, (body["access_token"],))
    assert probe.refused("GET", STATUS, token=body["access_token"]) == "404 card_unknown"
    service.clock.advance(timedelta(minutes=5))
    assert probe.refused("GET", STATUS, token=body["access_token"]) == "401 access_denied"


@pytest.mark.parametrize("algorithm", ["EdDSA", "PS256", "RS256"])
def test_every_allowed_algorithm_works(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister, algorithm: str
) -> None:
    key = SigningKey(algorithm, f"khoa-{algorithm}")
    at = service.clock.now()
    register.add_key_set(PARTNER, key.key_set, KeyTerm(), operator="admin", at=at)
    assert ask_token(app, key.assertion(PARTNER, at)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param(
            {"exp": -31}, ReasonCode.ASSERTION_EXPIRED, id="expired",
            marks=pytest.mark.reason(ReasonCode.ASSERTION_EXPIRED),
        ),
        pytest.param({"iat": 31, "exp": 90}, ReasonCode.ASSERTION_EXPIRED, id="from the future"),
        pytest.param({"nbf": 40}, ReasonCode.ASSERTION_EXPIRED, id="not yet"),
        pytest.param({"exp": 301}, ReasonCode.ASSERTION_EXPIRED, id="lives too long"),
        pytest.param({"iat": -600, "exp": 60}, ReasonCode.ASSERTION_EXPIRED, id="lived too long"),
        pytest.param(
            {"aud": "https://khac.example/oauth/token"}, ReasonCode.ASSERTION_MISADDRESSED,
            id="another audience", marks=pytest.mark.reason(ReasonCode.ASSERTION_MISADDRESSED),
        ),
        pytest.param(
            {"aud": [AUDIENCE, "https://khac.example"]}, ReasonCode.ASSERTION_MISADDRESSED,
            id="for others as well",
        ),
        pytest.param({"aud": AUDIENCE + "/"}, ReasonCode.ASSERTION_MISADDRESSED, id="nearly us"),
        pytest.param({"exp": "soon"}, ReasonCode.MALFORMED_ASSERTION, id="exp is no number"),
        pytest.param({"iat": True}, ReasonCode.MALFORMED_ASSERTION, id="iat is no number"),
        pytest.param({"exp": 10**400}, ReasonCode.ASSERTION_EXPIRED, id="an endless exp"),
        pytest.param({"iat": -(10**400)}, ReasonCode.ASSERTION_EXPIRED, id="an endless past"),
        pytest.param({"jti": 7}, ReasonCode.MALFORMED_ASSERTION, id="jti is no text"),
        pytest.param({"jti": "x" * 129}, ReasonCode.MALFORMED_ASSERTION, id="an endless jti"),
    ],
)  # fmt: skip
def test_a_signed_assertion_that_says_something_else(
    service: ServiceUnderTest, app: Flask, changed: dict[str, Any], reason: ReasonCode
) -> None:
    service.clock.advance(timedelta(minutes=2))
    at = service.clock.now()
    now = int(at.timestamp())
    dates = {"exp", "iat", "nbf"}
    claims = {
        name: now + value if name in dates and type(value) is int else value
        for name, value in changed.items()
    }
    assert refused(app, KEY.assertion(PARTNER, at, **claims)) == "invalid_client"
    assert last_refusal(service) is reason


@pytest.mark.reason(ReasonCode.MALFORMED_ASSERTION)
@pytest.mark.parametrize("claim", ["aud", "exp", "iat", "jti"])
def test_a_claim_that_is_left_out(service: ServiceUnderTest, app: Flask, claim: str) -> None:
    assertion = KEY.assertion(PARTNER, service.clock.now(), without=(claim,))
    assert refused(app, assertion) == "invalid_client"


@pytest.mark.reason(ReasonCode.ASSERTION_REPLAYED)
def test_an_assertion_is_good_once(service: ServiceUnderTest, app: Flask) -> None:
    at = service.clock.now()
    assertion = KEY.assertion(PARTNER, at, jti="một-lần")
    assert ask_token(app, assertion).status_code == 200
    assert refused(app, assertion) == "invalid_client"
    assert last_refusal(service) is ReasonCode.ASSERTION_REPLAYED
    # what counts is the identifier: the same one in a fresh assertion is spent as well
    again = KEY.assertion(PARTNER, at, jti="một-lần", exp=int(at.timestamp()) + 90)
    assert refused(app, again) == "invalid_client"
    # and it is remembered for as long as the assertion could be believed
    service.clock.advance(timedelta(seconds=80))
    assert refused(app, assertion) == "invalid_client"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({"exp": 3600}, "more than 5 minutes after iat", id="an hour, as Authlib says"),
        pytest.param({"iat": 90, "exp": 120}, "compare your clock", id="a clock that is ahead"),
        pytest.param({"aud": "https://khac.example"}, "aud is our issuer", id="another audience"),
        pytest.param({"jti": None}, "jti is missing", id="no jti"),
    ],
)
def test_who_signed_is_told_what_to_change_and_a_stranger_is_not(
    service: ServiceUnderTest, app: Flask, changed: dict[str, Any], told: str
) -> None:
    at = service.clock.now()
    now = int(at.timestamp())
    claims = {
        name: now + value if isinstance(value, int) else value for name, value in changed.items()
    }
    mine = ask_token(app, KEY.assertion(PARTNER, at, **claims)).get_json()
    assert mine["error"] == "invalid_client"
    assert told in mine["error_description"]
    strangers = SigningKey(kid=KEY.kid).assertion(PARTNER, at, **claims)
    nobodys = KEY.assertion("khong-co", at, **claims)
    for assertion in (strangers, nobodys):
        body = ask_token(app, assertion).get_json()
        assert body["error_description"] == "the client could not be authenticated"


@pytest.mark.reason(ReasonCode.PARTNER_KEY_UNKNOWN)
def test_a_key_that_is_not_the_partners(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister
) -> None:
    at = service.clock.now()
    stranger = SigningKey(kid="khoa-la")
    assert refused(app, stranger.assertion(PARTNER, at)) == "invalid_client"
    assert last_refusal(service) is ReasonCode.PARTNER_KEY_UNKNOWN
    # another partner's good key opens nothing in this one's name
    register.enrol("truong-hoc", PartnerProfile("Trường"), operator="admin", at=at)
    other = SigningKey(kid="khoa-truong")
    register.add_key_set("truong-hoc", other.key_set, KeyTerm(), operator="admin", at=at)
    assert ask_token(app, other.assertion("truong-hoc", at)).status_code == 200
    assert refused(app, other.assertion(PARTNER, at)) == "invalid_client"
    mixed = KEY.assertion(PARTNER, at, iss="truong-hoc")
    assert refused(app, mixed) == "invalid_client"
    assert refused(app, KEY.assertion(PARTNER, at), client_id="truong-hoc") == "invalid_client"


@pytest.mark.reason(ReasonCode.ASSERTION_BAD_SIGNATURE)
def test_a_signature_of_another_key_under_a_known_name(
    service: ServiceUnderTest, app: Flask
) -> None:
    service.clock.advance(timedelta(minutes=2))
    at = service.clock.now()
    forged = SigningKey(kid=KEY.kid).assertion(PARTNER, at)
    assert refused(app, forged) == "invalid_client"
    assert last_refusal(service) is ReasonCode.ASSERTION_BAD_SIGNATURE
    head, _, signature = KEY.assertion(PARTNER, at).split(".")
    claims = base64.urlsafe_b64encode(json.dumps({"iss": PARTNER, "sub": PARTNER}).encode())
    swapped = f"{head}.{claims.decode().rstrip('=')}.{signature}"
    assert refused(app, swapped) == "invalid_client"


def test_no_algorithm_that_needs_no_private_key(service: ServiceUnderTest, app: Flask) -> None:
    at = service.clock.now()
    said = {"iss": PARTNER, "sub": PARTNER, "aud": AUDIENCE, "jti": "x",
            "iat": int(at.timestamp()), "exp": int(at.timestamp()) + 60}  # fmt: skip
    none = jwt.encode(said, None, "none", headers={"kid": KEY.kid})
    assert refused(app, none) == "invalid_client"
    pem = KEY.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for secret in (pem.replace(b"-----", b"#"), b"x" * 32):
        shared = jwt.encode(said, secret, "HS256", headers={"kid": KEY.kid})
        assert refused(app, shared) == "invalid_client"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": KEY.jwk}, {"jku": "https://khac.example/jwks.json"}, {"crit": ["b64"], "b64": True},
        {"x5c": ["AA=="]}, {"x5u": "https://khac.example"}, {"typ": "at+jwt"}, {"kid": ""},
        {"kid": "x" * 200},
    ],
)  # fmt: skip
def test_a_header_that_brings_something_along(
    service: ServiceUnderTest, app: Flask, header: dict[str, Any]
) -> None:
    assertion = KEY.assertion(PARTNER, service.clock.now(), header=header)
    assert refused(app, assertion) == "invalid_client"


@pytest.mark.reason(ReasonCode.CLIENT_REFUSED)
@pytest.mark.parametrize("name", ["nobody", "", "benh-vien\x00", "x" * 500, "Bệnh viện"])
def test_nobody_of_that_name(service: ServiceUnderTest, app: Flask, name: str) -> None:
    assert refused(app, KEY.assertion(name, service.clock.now())) == "invalid_client"
    form = {"grant_type": "client_credentials", "client_id": name}
    answer = app.test_client().post("/oauth/token", data=form)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


def test_a_partner_that_is_shut_out(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister
) -> None:
    at = service.clock.now()
    key = SigningKey(kid="khoa-bo")
    register.enrol("bi-ngat", PartnerProfile("Bị ngắt"), operator="admin", at=at)
    register.add_key_set("bi-ngat", key.key_set, KeyTerm(), operator="admin", at=at)
    token = ask_token(app, key.assertion("bi-ngat", at)).get_json()["access_token"]
    probe = Probe(app, (token,))
    assert probe.refused("GET", STATUS, token=token) == "404 card_unknown"
    service.installation.access.disable_relying_party("bi-ngat", operator="admin", at=at)
    assert probe.refused("GET", STATUS, token=token) == "401 access_denied"
    assert refused(app, key.assertion("bi-ngat", service.clock.now())) == "invalid_client"


def test_keys_overlap_and_end(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister
) -> None:
    at = service.clock.now()
    register.enrol("doi-khoa", PartnerProfile("Đổi khóa"), operator="admin", at=at)
    old, new = SigningKey(kid="cu"), SigningKey(kid="moi")
    days = timedelta(days=1)
    register.add_key_set("doi-khoa", old.key_set, KeyTerm(at, at + 2 * days), operator="a", at=at)
    register.add_key_set(
        "doi-khoa", new.key_set, KeyTerm(at + days, at + 3 * days), operator="a", at=at
    )
    assert refused(app, new.assertion("doi-khoa", at)) == "invalid_client"  # not yet
    service.clock.advance(days)
    both = service.clock.now()
    tokens = [
        ask_token(app, key.assertion("doi-khoa", both)).get_json()["access_token"]
        for key in (old, new)
    ]
    register.revoke_key("doi-khoa", "cu", operator="admin", at=both)
    probe = Probe(app, tuple(tokens))
    # a revoked key takes its tokens along, and no others
    assert probe.refused("GET", STATUS, token=tokens[0]) == "401 access_denied"
    assert probe.refused("GET", STATUS, token=tokens[1]) == "404 card_unknown"
    assert refused(app, old.assertion("doi-khoa", both)) == "invalid_client"
    service.clock.advance(3 * days)
    assert refused(app, new.assertion("doi-khoa", service.clock.now())) == "invalid_client"


@pytest.mark.reason(ReasonCode.SCOPE_MISSING)
def test_a_token_opens_what_it_was_given_for(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister
) -> None:
    token = ask_token(app, KEY.assertion(PARTNER, service.clock.now()), scope="verify").get_json()[
        "access_token"
    ]
    response = Probe(app, (token,)).send("GET", STATUS, token=token)
    assert (response.status_code, reason_of(response)) == (403, "scope_missing")
    assert 'error="insufficient_scope", scope="status"' in response.headers["WWW-Authenticate"]
    for scope in ("admin", "verify verify", " verify", "verify  status", "x" * 9000):
        assertion = KEY.assertion(PARTNER, service.clock.now())
        assert refused(app, assertion, scope=scope) == "invalid_scope"
    at, key = service.clock.now(), SigningKey(kid="hep")
    narrow = PartnerProfile("Hẹp", scopes=frozenset({Scope.STATUS}))
    register.enrol("hep", narrow, operator="admin", at=at)
    register.add_key_set("hep", key.key_set, KeyTerm(), operator="admin", at=at)
    assert refused(app, key.assertion("hep", at), scope="verify") == "invalid_scope"
    given = ask_token(app, key.assertion("hep", at)).get_json()
    assert given["scope"] == "status"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "client_secret": "x"}, "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_assertion": "x"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
    ],
)
def test_a_request_that_is_none(app: Flask, form: dict[str, Any], error: str) -> None:
    answer = app.test_client().post("/oauth/token", data=form)
    assert answer.get_json()["error"] == error
    basic = app.test_client().post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("benh-vien", "x")
    )
    assert basic.get_json()["error"] == "invalid_request"


def test_a_request_of_another_type_or_size(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/oauth/token", json={}).get_json()["error"] == "invalid_request"
    huge = client.post("/oauth/token", data={"client_assertion": "x" * 20_000})
    assert (huge.status_code, huge.content_type) == (413, "application/problem+json")


@pytest.mark.reason(ReasonCode.PARTNER_KEY_TAKEN)
def test_no_partner_registers_anothers_key(
    service: ServiceUnderTest, register: PartnerRegister
) -> None:
    at = service.clock.now()
    register.enrol("ke-gian", PartnerProfile("Kẻ gian"), operator="admin", at=at)
    stolen = json.dumps({"keys": [{**KEY.jwk, "kid": "cua-toi"}]}).encode()
    with pytest.raises(CardsvcError) as caught:
        register.add_key_set("ke-gian", stolen, KeyTerm(), operator="admin", at=at)
    assert caught.value.reason is ReasonCode.PARTNER_KEY_TAKEN
    # and a name that is taken is not given another key
    other = SigningKey(kid=KEY.kid).key_set
    with pytest.raises(CardsvcError) as caught:
        register.add_key_set(PARTNER, other, KeyTerm(), operator="admin", at=at)
    assert caught.value.reason is ReasonCode.PARTNER_KEY_TAKEN


@pytest.mark.reason(ReasonCode.MALFORMED_PARTNER_KEY)
@pytest.mark.parametrize(
    "changed",
    [
        {"d": "AA"}, {"kty": "oct", "k": "AA"}, {"use": "enc"}, {"alg": "HS256"}, {"alg": "none"},
        {"crv": "P-384"}, {"kid": "a b"}, {"kid": 3}, {"x": "AA"}, {"kty": None},
        {"key_ops": ["sign"]}, {"key_ops": "verify"}, {"y": "A" * 5000},
    ],
)  # fmt: skip
def test_a_key_that_is_none(
    service: ServiceUnderTest, register: PartnerRegister, changed: dict[str, Any]
) -> None:
    octets = json.dumps({"keys": [{**SigningKey().jwk, **changed}]}).encode()
    with pytest.raises(Malformed) as caught:
        register.add_key_set(PARTNER, octets, KeyTerm(), operator="a", at=service.clock.now())
    assert caught.value.reason is ReasonCode.MALFORMED_PARTNER_KEY


def test_a_first_key_ends_the_token_that_never_expires(
    service: ServiceUnderTest, app: Flask, register: PartnerRegister
) -> None:
    at = service.clock.now()
    token = service.installation.access.enrol_relying_party("chuyen", "X", operator="a", at=at)
    probe = Probe(app, (token,))
    assert probe.refused("GET", STATUS, token=token) == "404 card_unknown"
    register.add_key_set("chuyen", SigningKey().key_set, KeyTerm(), operator="admin", at=at)
    assert probe.refused("GET", STATUS, token=token) == "401 access_denied"
