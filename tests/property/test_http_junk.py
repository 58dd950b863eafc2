"""Whatever octets come in over HTTP, the answer is ours: never a 5xx, never a traceback."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardsvc.card.piv import KeySlot, ObjectTag
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import encode_octets
from cardsvc.wire.tap import ChallengeRequest
from tests.support.http_probe import Probe, reason_of
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from web.app import create_app

JUNK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ENDPOINTS = [
    "/agent/v1/challenges", "/agent/v1/presentations", "/agent/v1/activations",
    "/agent/v1/jobs/x/answers", "/agent/v1/loss-reports",
    "/api/v1/challenges", "/api/v1/presentations",
]  # fmt: skip
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
FIELDS = [
    "relying_party", "service", "level", "nonce", "objects", "proofs", "responses", "failure",
]  # fmt: skip
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=40).map(encode_octets),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6) | st.sampled_from(["5FC101", "5FC105", "9E", "9A"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=6)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def probe(service: ServiceUnderTest) -> Probe:
    app = create_app(service.installation.services)
    return Probe(app, (service.agent_token, service.desk_token, service.partner_token))


def token_for(service: ServiceUnderTest, path: str) -> str:
    return service.agent_token if path.startswith("/agent") else service.partner_token


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@JUNK
@given(path=st.sampled_from(ENDPOINTS), body=st.binary(max_size=200))
def test_octets(service: ServiceUnderTest, probe: Probe, path: str, body: bytes) -> None:
    response = probe.send("POST", path, body, token=token_for(service, path))
    assert response.status_code == 400
    assert reason_of(response) == "malformed_message"


@JUNK
@given(path=st.sampled_from(ENDPOINTS), message=objects)
def test_json(service: ServiceUnderTest, probe: Probe, path: str, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    assert probe.send("POST", path, body, token=token_for(service, path)).status_code >= 200


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000, b'{"a":' * 50_000, b"[]", b"null", b"1" * 10_000, b'{"nonce":NaN}',
        b'{"level":"X1","level":"X2"}', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"{}{}",
        b'{"relying_party":"\\ud800","service":"a","level":"X1"}',
        b'{"relying_party":"a\\u0000","service":"a","level":"X1"}',
        b'{"nonce":1e999}', b'{"level":"X9"}', b'{"__proto__":{}}', b"",
    ],
)  # fmt: skip
def test_known_nonsense(service: ServiceUnderTest, probe: Probe, path: str, body: bytes) -> None:
    token = token_for(service, path)
    assert probe.refused("POST", path, body, token=token) == "400 malformed_message"


@JUNK
@given(
    contents=st.dictionaries(st.sampled_from(list(ObjectTag)), st.binary(max_size=64), max_size=4),
    proofs=st.dictionaries(st.sampled_from(list(KeySlot)), st.binary(max_size=80), max_size=2),
)
def test_presentations_that_parse_are_denied(
    service: ServiceUnderTest,
    probe: Probe,
    contents: dict[ObjectTag, bytes],
    proofs: dict[KeySlot, bytes],
) -> None:
    asked = ChallengeRequest(RELYING_PARTY, SERVICE, AssuranceLevel.X1).encode()
    challenge = probe.send("POST", "/agent/v1/challenges", asked, token=service.agent_token)
    message = {
        "nonce": challenge.get_json()["nonce"],
        "objects": {f"{tag:X}": encode_octets(content) for tag, content in contents.items()},
        "proofs": {f"{slot:X}": encode_octets(proof) for slot, proof in proofs.items()},
    }
    path = "/agent/v1/presentations"
    body = json.dumps(message).encode()
    decision = probe.send("POST", path, body, token=service.agent_token).get_json()
    assert (decision["granted"], decision["holder_name"]) == (False, None)


@JUNK
@given(method=st.sampled_from(METHODS), raw=st.binary(max_size=60), where=st.sampled_from(
    ["/", "/api/v1/cards/", "/api/v1/decisions/", "/agent/v1/jobs/", "/status/", "/status/ocsp/"]
))  # fmt: skip
def test_paths(
    service: ServiceUnderTest, probe: Probe, method: str, raw: bytes, where: str
) -> None:
    for tail in (b"", b"/start", b"/status", b".crl"):
        path = where.encode() + raw + tail
        probe.send(method, "/", token=token_for(service, where), raw_path=path)


@JUNK
@given(header=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60))
def test_authorisation(probe: Probe, header: str) -> None:
    for path in ("/agent/v1/challenges", "/api/v1/challenges"):
        response = probe.send("POST", path, headers={"Authorization": header})
        assert response.status_code == 401


@JUNK
@given(body=st.binary(max_size=200))
def test_ocsp(probe: Probe, body: bytes) -> None:
    assert probe.send("POST", "/status/ocsp", body).status_code == 200
    encoded = base64.b64encode(body).decode() or "MA=="
    if not encoded.startswith("/"):  # DER begins with 30, so base64 with M
        assert probe.send("GET", f"/status/ocsp/{encoded}").status_code == 200
