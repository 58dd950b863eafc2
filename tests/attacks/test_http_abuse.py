"""Callers who are not whom they should be, and requests that are not what they should be."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from cardsvc.wire.batch import MAX_BATCH_OCTETS
from cardsvc.wire.tap import ChallengeRequest, PresentationMessage
from issuance.job_records import JobOrder
from keys.ocsp_responder import issuer_hashes
from tests.support.databases import PostgresServer
from tests.support.http_probe import Probe, reason_of
from tests.support.installations import DESK, RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from web.app import create_app

ASKED = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
GUID = "6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e"
TOKENS = ("agent", "partner", "none", "nobody")
GUARDED = [
    ("POST", "/agent/v1/challenges"),
    ("POST", "/agent/v1/presentations"),
    ("POST", "/agent/v1/activations"),
    ("POST", "/agent/v1/loss-reports"),
    ("POST", f"/agent/v1/jobs/{GUID}/start"),
    ("POST", f"/agent/v1/jobs/{GUID}/answers"),
    ("POST", "/api/v1/challenges"),
    ("POST", "/api/v1/presentations"),
    ("GET", f"/api/v1/cards/{GUID}/status"),
    ("GET", f"/api/v1/decisions/{GUID}"),
    ("POST", "/partner/v1/verifications:batch"),
    ("POST", "/partner/v1/credentials:verify"),
    ("POST", "/partner/v1/status"),
    ("POST", "/partner/v1/sessions"),
    ("GET", f"/partner/v1/sessions/{GUID}"),
    ("POST", f"/partner/v1/sessions/{GUID}/photo-match"),
    ("POST", f"/agent/v1/sessions/{GUID}/presentations"),
    ("POST", "/agent/v1/own-checks"),
    ("POST", "/partner/v1/delegations:check"),
    ("POST", "/partner/v1/visitor-passes"),
    ("POST", "/partner/v1/visitor-passes:show"),
    ("GET", f"/partner/v1/visitor-passes/{GUID}"),
]
PUBLIC = ["/status/root.crl", "/status/root.cer", "/.well-known/jwks.json", "/healthz", "/readyz"]


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    """On both databases: what one of them stores, the other may refuse."""
    url = ""
    if request.param == "postgresql":
        started: PostgresServer | str = request.getfixturevalue("postgres_start")
        if isinstance(started, str):
            pytest.skip(started.splitlines()[0])
        url = started.migrated_url()
    with serve(tmp_path_factory.mktemp("service"), url) as running:
        yield running


@pytest.fixture(scope="module")
def probe(service: ServiceUnderTest) -> Probe:
    app = create_app(service.installation.services)
    return Probe(app, (service.agent_token, service.desk_token, service.partner_token))


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nobody_gets_in_with_another_ones_token(
    service: ServiceUnderTest, probe: Probe, method: str, path: str
) -> None:
    foreign = service.partner_token if path.startswith("/agent") else service.agent_token
    for token in (None, "", " ", "nobody's", "é" * 40, "x" * 100_000, foreign):
        response = probe.send(method, path, ASKED, token=token)
        assert (response.status_code, reason_of(response)) == (401, "access_denied")
        # RFC 6750 section 3.1: an error's name for those alone who showed a token
        assert ("invalid_token" in response.headers["WWW-Authenticate"]) == (
            token not in {None, "", "x" * 100_000}
        )
        assert response.headers["WWW-Authenticate"].startswith('Bearer realm="cardsvc"')
    own = service.agent_token if path.startswith("/agent") else service.partner_token
    for value in (own, f"Basic {own}", f"Bearer{own}", f"Bearer {own} ", f"Bearer  {own}"):
        response = probe.send(method, path, ASKED, headers={"Authorization": value})
        assert response.status_code == 401


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_a_disabled_agents_token_opens_nothing(service: ServiceUnderTest, probe: Probe) -> None:
    access, at = service.installation.access, service.clock.now()
    token = access.enrol_agent("ki-ot-9", "Ki-ốt", operator="admin", at=at)
    assert probe.send("POST", "/agent/v1/challenges", ASKED, token=token).status_code == 200
    access.disable_agent("ki-ot-9", operator="admin", at=at)
    assert probe.refused("POST", "/agent/v1/challenges", ASKED, token=token).startswith("401")


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_a_disabled_partners_token_opens_nothing(service: ServiceUnderTest, probe: Probe) -> None:
    access, at = service.installation.access, service.clock.now()
    token = access.enrol_relying_party("ben-9", "Bên", operator="admin", at=at)
    path = f"/api/v1/cards/{GUID}/status"
    assert probe.refused("GET", path, token=token) == "404 card_unknown"
    access.disable_relying_party("ben-9", operator="admin", at=at)
    assert probe.refused("GET", path, token=token) == "401 access_denied"


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_an_old_token_ends_with_the_new_one(service: ServiceUnderTest, probe: Probe) -> None:
    access, at = service.installation.access, service.clock.now()
    old = access.enrol_agent("ki-ot-8", "Ki-ốt", operator="admin", at=at)
    new = access.enrol_agent("ki-ot-8", "Ki-ốt", operator="admin", at=at)
    assert probe.refused("POST", "/agent/v1/challenges", ASKED, token=old).startswith("401")
    assert probe.send("POST", "/agent/v1/challenges", ASKED, token=new).status_code == 200


@pytest.mark.reason(ReasonCode.ACCESS_DENIED)
def test_a_partner_asks_for_itself_only(service: ServiceUnderTest, probe: Probe) -> None:
    other = ChallengeRequest("mot-ben-khac", SERVICE, AssuranceLevel.X1).encode()
    token = service.partner_token
    assert probe.refused("POST", "/api/v1/challenges", other, token=token) == "403 access_denied"


def test_a_partner_does_not_see_anothers_decisions(service: ServiceUnderTest, probe: Probe) -> None:
    nonce = PresentationMessage(bytes(32)).encode()
    probe.send("POST", "/agent/v1/presentations", nonce, token=service.agent_token)
    decision = service.installation.history.recent(1)[0].id
    for one in (decision, str(uuid.uuid4()), "x" * 10_000, "a%00b", "%ED%A0%80", "..%2F..%2Fetc"):
        path = f"/api/v1/decisions/{one}"
        assert probe.refused("GET", path, token=service.partner_token)[:3] in {"400", "404"}


@pytest.mark.parametrize(
    "guid",
    ["x", GUID.upper()[:-1], "{" + GUID + "}", GUID.replace("-", ""), "a%00b", "%FF%FE", "１" * 36],
)
def test_what_is_no_guid(service: ServiceUnderTest, probe: Probe, guid: str) -> None:
    path = f"/api/v1/cards/{guid}/status"
    assert probe.refused("GET", path, token=service.partner_token) == "400 malformed_guid"


def test_jobs_are_their_own_agents(service: ServiceUnderTest, probe: Probe) -> None:
    order = JobOrder(service.approved_application(), agent=DESK, operator="mai")
    job = service.installation.jobs.open_job(order)
    answer = b'{"responses":[]}'
    for path, token in (
        (f"/agent/v1/jobs/{job}/start", service.agent_token),
        (f"/agent/v1/jobs/{job}/answers", service.agent_token),
        (f"/agent/v1/jobs/{uuid.uuid4()}/start", service.desk_token),
        (f"/agent/v1/jobs/{job.upper()}x/answers", service.desk_token),
    ):
        assert probe.refused("POST", path, answer, token=token) == "404 job_unknown"
    unstarted = f"/agent/v1/jobs/{job}/answers"
    assert probe.refused("POST", unstarted, answer, token=service.desk_token).startswith("409")
    assert probe.send("POST", f"/agent/v1/jobs/{job}/start", token=service.desk_token).is_json


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_another_method_is_told_which_is_allowed(probe: Probe, method: str, path: str) -> None:
    for other in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"} - {method}:
        response = probe.send(other, path)
        assert (response.status_code, reason_of(response)) == (405, "method_not_allowed")
        assert method in response.headers["Allow"].split(", ")


def test_public_documents_need_no_token(probe: Probe) -> None:
    for path in PUBLIC:
        assert probe.send("GET", path).status_code == 200
        assert probe.send("HEAD", path).status_code == 200
        assert probe.send("POST", path).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/index.html", "/agent", "/agent/v1/", "/agent/v1/challenges/", "/agent/v1/jobs//start",
     "/api/v2/challenges", "/status/nobody.crl", "/status/..%2Froot.crl", "/status/%00.cer",
     "/%", "/%zz", "/.env", "/agent//v1/challenges", "/" + "a" * 20_000],
)  # fmt: skip
def test_unknown_paths(service: ServiceUnderTest, probe: Probe, path: str) -> None:
    for token in (None, service.agent_token, service.partner_token):
        assert probe.refused("GET", path, token=token) == "404 not_found"


@pytest.mark.parametrize(("method", "path"), [one for one in GUARDED if one[0] == "POST"][:7])
def test_a_body_past_the_limit_is_not_read(
    service: ServiceUnderTest, probe: Probe, method: str, path: str
) -> None:
    token = service.agent_token if path.startswith("/agent") else service.partner_token
    if path.endswith("start"):
        return  # has no body to read
    body = b'{"nonce":"' + b"A" * MAX_BATCH_OCTETS + b'"}'
    assert probe.refused(method, path, body, token=token).startswith("413 ")
    middle = b'{"nonce":"' + b"A" * (MAX_BATCH_OCTETS - 20) + b'"}'
    assert probe.refused(method, path, middle, token=token) == "400 malformed_message"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "é", "text/json",
     "application/jsonp", "application/json-seq", "application/xml"],
)  # fmt: skip
def test_a_body_of_another_type_is_refused(
    service: ServiceUnderTest, probe: Probe, kind: str
) -> None:
    for path, token in (("/agent/v1/challenges", service.agent_token),
                        ("/api/v1/challenges", service.partner_token)):  # fmt: skip
        response = probe.send("POST", path, ASKED, token=token, headers={"Content-Type": kind})
        assert (response.status_code, reason_of(response)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", ""])
def test_a_body_of_json_is_taken(service: ServiceUnderTest, probe: Probe, kind: str) -> None:
    headers = {"Content-Type": kind}
    path, token = "/agent/v1/challenges", service.agent_token
    assert probe.send("POST", path, ASKED, token=token, headers=headers).status_code == 200
    headers["Content-Encoding"] = "gzip"
    assert probe.send("POST", path, ASKED, token=token, headers=headers).status_code == 415


@pytest.mark.parametrize("query", ["?x=1", "?wait=1&wait=2", "?wait=0&limit=5", "?=1", "?%00=1"])
def test_query_parameters_are_those_declared_and_once(
    service: ServiceUnderTest, probe: Probe, query: str
) -> None:
    path = f"/agent/v1/jobs/next{query}"
    assert probe.refused("GET", path, token=service.agent_token) == "400 malformed_message"


def test_ocsp_answers_junk_as_the_protocol_says(probe: Probe) -> None:
    malformed = ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    for body in (b"", b"junk", b"0" * 5000, b"\x30\x80", b"\x30\x84\xff\xff\xff\xff"):
        response = probe.send("POST", "/status/ocsp", body)
        assert response.content_type == "application/ocsp-response"
        assert ocsp.load_der_ocsp_response(response.get_data()).response_status is malformed
    for path in ("x", "%%%", "A" * 9000, "a//b", "====", "MA%3D%3D", "%00"):
        response = probe.send("GET", f"/status/ocsp/{path}")
        assert ocsp.load_der_ocsp_response(response.get_data()).response_status is malformed


def test_ocsp_by_get_may_hold_two_slashes_in_a_row(service: ServiceUnderTest, probe: Probe) -> None:
    pki = service.installation.pki
    issuer = pki.issuing_certificates[CardType.INDIVIDUAL]
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        *issuer_hashes(issuer, "sha256"), 0xFFFFF, hashes.SHA256()
    )
    nonce = x509.OCSPNonce(b"\xff" * 32)
    request = builder.add_extension(nonce, critical=False).build()
    encoded = base64.b64encode(request.public_bytes(serialization.Encoding.DER)).decode()
    assert "//" in encoded
    answer = probe.send("GET", f"/status/ocsp/{encoded}").get_data()
    answered = ocsp.load_der_ocsp_response(answer)
    assert answered.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answered.serial_number == 0xFFFFF


def test_a_fault_of_ours_is_a_problem_document_too(
    service: ServiceUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def agent_by_token(self, token_sha256: bytes) -> str | None:
            raise RuntimeError("a secret of the database's")

        def agents_by_tokens(self, tokens_sha256: Sequence[bytes]) -> Mapping[bytes, str]:
            raise RuntimeError("a secret of the database's")

    app = create_app(replace(service.installation.services, access=Broken()))
    with caplog.at_level(logging.ERROR):
        response = app.test_client().post(
            "/agent/v1/challenges",
            data=ASKED,
            headers={"Authorization": "Bearer geheim-token"},
            content_type="application/json",
        )
    assert response.status_code == 500
    assert json.loads(response.get_data())["reason"] == "internal_error"
    assert b"secret" not in response.get_data()
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "a secret of the database's" in caplog.text
    assert "geheim-token" not in caplog.text


def test_a_zero_guid_is_a_card_we_do_not_know(service: ServiceUnderTest, probe: Probe) -> None:
    path = f"/api/v1/cards/{CardGuid(bytes(16))}/status"
    assert probe.refused("GET", path, token=service.partner_token) == "404 card_unknown"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"level": None}, "level is missing"),
        ({"level": "X9"}, "level is none of X0, X1"),
        ({"Nguyễn Văn A": 1}, "unknown fields; known are relying_party, service, level"),
        ({"service": 7}, "service is missing or of another type"),
    ],
)
def test_a_developer_is_told_which_field_is_wrong_and_no_value_comes_back(
    service: ServiceUnderTest, probe: Probe, changed: dict[str, object], told: str
) -> None:
    body = json.dumps(json.loads(ASKED) | changed).encode()
    response = probe.send("POST", "/api/v1/challenges", body, token=service.partner_token)
    assert (response.status_code, reason_of(response)) == (400, "malformed_message")
    assert told in json.loads(response.get_data())["detail"]
    assert "Nguyễn" not in response.get_data(as_text=True)


def test_a_developer_is_told_which_type_a_body_is(service: ServiceUnderTest, probe: Probe) -> None:
    headers = {"Content-Type": "text/plain"}
    token = service.partner_token
    response = probe.send("POST", "/api/v1/challenges", ASKED, token=token, headers=headers)
    assert "application/json" in json.loads(response.get_data())["detail"]
