"""Who asks why quotes an X-Request-Id; the audit log has what came of that request."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from click.testing import CliRunner
from flask import Flask

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.wire.fields import encode_object, parse_object
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest
from web.app import create_app
from web.cli.evidence import show_audit

NOTHING = {"nonce": "A" * 43, "objects": {}, "proofs": {}}
DELEGATE = {"presentation": NOTHING, "enterprise_number": "0100109106", "act": "nộp hồ sơ"}
FROM_AGENTS = {
    "/agent/v1/presentations": NOTHING,
    "/agent/v1/activations": NOTHING,
    "/agent/v1/own-checks": NOTHING,
}
FROM_PARTNERS = {
    "/api/v1/presentations": NOTHING,
    "/partner/v1/verifications:batch": {"presentations": [NOTHING, NOTHING]},
    "/partner/v1/credentials:verify": {"service": SERVICE, "text": "HC1:6BF", "asked": None},
    "/partner/v1/delegations:check": DELEGATE,
}


def post(app: Flask, path: str, body: Mapping[str, object], token: str, name: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": name}
    sent = encode_object(dict(body))
    answer = app.test_client().post(path, data=sent, headers=headers, mimetype="application/json")
    assert answer.status_code == 200, answer.get_data()
    assert answer.headers["X-Request-Id"] == name
    return answer.get_data()


def events_of(service: ServiceUnderTest, name: str) -> list[AuditEvent]:
    return [one.event for one in service.installation.audit.events(request_id=name)]


@pytest.mark.parametrize("lane", [True, False], ids=["lane", "Flask"])
@pytest.mark.parametrize("path", FROM_AGENTS | FROM_PARTNERS)
def test_every_decision_is_found_by_its_request(
    service: ServiceUnderTest, path: str, lane: bool
) -> None:
    app = create_app(service.installation.services, tap_lane=lane)
    token = service.agent_token if path in FROM_AGENTS else service.partner_token
    name = f"ho-tro{path.replace('/', '.').replace(':', '.')}.{lane}"
    body = (FROM_AGENTS | FROM_PARTNERS)[path]
    post(app, path, body, token, name)
    events = events_of(service, name)
    assert len(events) == (2 if "presentations" in body else 1)
    for event in events:
        assert event.action is AuditAction.TAP_DECIDED
        assert event.facts["request_id"] == name
        assert service.installation.history.decision(event.subject) is not None
    assert service.installation.audit.verify().size > len(events)


def test_the_steps_of_a_session_are_found(service: ServiceUnderTest) -> None:
    app = create_app(service.installation.services)
    base, token = "/partner/v1/sessions", service.partner_token
    opened = parse_object(post(app, base, {"service": SERVICE}, token, "phien-1.mo"))
    post(app, f"{base}/{opened['id']}/presentations", NOTHING, token, "phien-1.buoc-1")
    (event,) = events_of(service, "phien-1.buoc-1")
    assert event.facts["relying_party"] in {"", RELYING_PARTY}


def test_a_refusal_is_found_and_an_auditor_asks_at_the_command_line(
    service: ServiceUnderTest,
) -> None:
    app = create_app(service.installation.services)
    headers = {"Authorization": "Bearer wrong", "X-Request-Id": "ho-tro-0002"}
    app.test_client().post("/api/v1/presentations", data=b"{}", headers=headers)
    ran = CliRunner().invoke(
        show_audit, ["--request-id", "ho-tro-0002"], obj=service.installation.settings
    )
    assert ran.exit_code == 0, ran.output
    (line,) = ran.output.splitlines()
    assert "requests.refused" in line
    assert "request_id=ho-tro-0002" in line
    other = ["--request-id", "' OR 1=1 --"]
    assert CliRunner().invoke(show_audit, other, obj=service.installation.settings).output == ""


@pytest.mark.parametrize(
    ("brought", "kept"),
    [
        ("046190012345", False),
        ("ho-so_046190012345.2", False),
        ("046190012345-046190012345", False),
        ("x" * 65, False),
        ("a b c d e f", False),
        ("'; DROP TABLE audit_events", False),
        ("Nguyễn-Thị-Hoa", False),
        ("000000000123", True),
        ("20261122-046190012", True),
        ("5e0c1f0a9c7b4f0d8a1e2b3c4d5e6f70", True),
        ("703de578-6b72-407e-8067-65d5a62041ca", True),
    ],
)
def test_no_name_breaks_the_log_or_carries_a_personal_number(
    service: ServiceUnderTest, brought: str, kept: bool
) -> None:
    headers = {
        "Authorization": f"Bearer {service.partner_token}",
        "X-Request-Id": brought.encode().decode("latin-1"),
    }
    client = create_app(service.installation.services).test_client()
    answer = client.post(
        "/api/v1/presentations", data=encode_object(dict(NOTHING)), headers=headers,
        mimetype="application/json",
    )  # fmt: skip
    named = answer.headers["X-Request-Id"]
    assert (named == brought) is kept
    (event,) = events_of(service, named)
    assert "046190012345" not in str(event)
