"""What those who run the service can watch: measurements, log lines, traces."""

from __future__ import annotations

import io
import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.errors import Malformed
from cardsvc.wire.fields import parse_object
from cardsvc.wire.tap import PresentationMessage
from tests.support.installations import AGENT, RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.taps import tap_at
from web.app import create_app
from web.logs import json_handler
from web.metrics_api import may_watch
from web.tracing import register_tracing


def scrape(service: ServiceUnderTest, **headers: str) -> str:
    found = urllib3.request("GET", f"{service.url}/metrics", headers=headers)
    assert found.status == 200
    return found.data.decode()


def value_of(exposition: str, name: str) -> float:
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", exposition, re.MULTILINE)
    return float(found)


def test_a_tap_is_counted_and_timed(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    tap_at(service.kiosk, card)
    presence = AgentPresence(
        AGENT, "1", pcsc=False, readers=(("a", ReaderState.MUTE),), seen_at=service.clock.now()
    )
    service.installation.presence.seen(presence)
    text = scrape(service)
    labels = f'reason="-",relying_party="{RELYING_PARTY}",result="granted",service="{SERVICE}"'
    assert value_of(text, f"cardsvc_decisions_total{{{labels}}}") == 1
    assert value_of(text, 'cardsvc_decision_stage_seconds_count{stage="record"}') >= 2
    assert value_of(text, 'cardsvc_readers{state="mute"}') == 1
    assert value_of(text, 'cardsvc_agents{state="heard"}') == 1
    assert value_of(text, 'cardsvc_agents{state="no_pcsc"}') == 1
    assert value_of(text, 'cardsvc_agents{state="silent"}') == 1
    assert value_of(text, "cardsvc_event_lag_entries") > 0
    assert value_of(text, "cardsvc_database_up") == 1
    assert 'cardsvc_vault_signatures_total{key="' in text
    route = 'method="POST",route="/agent/v1/presentations",status="200"'
    assert value_of(text, f"cardsvc_http_requests_total{{{route}}}") >= 1
    service.clock.advance(timedelta(minutes=5))
    assert value_of(scrape(service), 'cardsvc_agents{state="silent"}') == 2


def test_made_up_names_make_no_series(service: ServiceUnderTest) -> None:
    before = len(scrape(service).splitlines())
    for made_up in ("x1", "x2", "x3"):
        urllib3.request("GET", f"{service.url}/{made_up}?{made_up}")
        urllib3.request(made_up.upper(), f"{service.url}/healthz")
    text = scrape(service)
    assert "x1" not in text.lower()
    assert len(text.splitlines()) - before < 60


def test_only_who_may_watch_does(service: ServiceUnderTest) -> None:
    url = f"{service.url}/metrics"
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert urllib3.request("GET", url, headers={header: "127.0.0.1"}).status == 404
    app = create_app(replace(service.installation.services, watch_token="watch-1"))
    client = app.test_client()
    assert client.get("/metrics").status_code == 404
    for brought, status in (("watch-2", 404), ("", 404), ("watch-1", 200)):
        headers = {"Authorization": f"Bearer {brought}"}
        assert client.get("/metrics", headers=headers).status_code == status
    with app.test_request_context("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.1"}):
        assert not may_watch("")
    with app.test_request_context("/metrics", environ_base={"REMOTE_ADDR": "::1"}):
        assert may_watch("")


@pytest.fixture
def lines() -> Any:
    stream = io.StringIO()
    handler, root = json_handler(stream), logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def test_a_request_is_one_line_without_its_path(
    service: ServiceUnderTest, lines: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cardsvc.requests")
    client = create_app(service.installation.services).test_client()
    path = "/api/v1/cards/703de578-6b72-407e-8067-65d5a62041ca/status?name=Hoa"
    client.get(path, headers={"X-Request-Id": "yeu-cau-0001"})
    (line,) = [one for one in lines() if one["logger"] == "cardsvc.requests"]
    assert line.pop("milliseconds") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "request", "level": "info", "logger": "cardsvc.requests", "method": "GET",
        "request_id": "yeu-cau-0001", "route": "/api/v1/cards/<guid>/status", "status": 400,
    }  # fmt: skip


def test_a_line_names_the_decision_that_the_audit_log_has(
    service: ServiceUnderTest, lines: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cardsvc.requests")
    client = create_app(service.installation.services).test_client()
    client.post(
        "/agent/v1/presentations",
        data=PresentationMessage(bytes(32)).encode(),
        headers={"Authorization": f"Bearer {service.agent_token}", "X-Request-Id": "cham-the-01"},
    )
    (line,) = [one for one in lines() if one.get("request_id") == "cham-the-01"]
    assert line["decisions"] == service.installation.history.recent(1)[0].id


def test_an_unforeseen_error_is_told_without_its_text(lines: Any) -> None:
    log = logging.getLogger("web.something")
    try:
        int("079085000123 is no number")
    except ValueError as error:
        log.exception("unforeseen error", exc_info=error, extra={"holder": "Hoà"})
    try:
        parse_object(b'{"a":1,"a":2}')
    except Malformed as error:
        log.exception("refused", exc_info=error)
    unforeseen, refused = lines()
    assert unforeseen["error"] == "ValueError"
    assert unforeseen["where"][-1].startswith("test_metrics.py:")
    assert "079085" not in json.dumps(unforeseen)
    assert "holder" not in unforeseen
    assert (refused["reason"], refused["detail"]) == ("malformed_message", "a key stands twice")


def test_requests_are_traced_within_the_callers_trace(service: ServiceUnderTest) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = create_app(replace(service.installation.services, ready=lambda: 1 / 0))  # type: ignore[arg-type,return-value]
    register_tracing(app, provider)
    trace = "0af7651916cd43dd8448eb211c80319c"
    client = app.test_client()
    client.get("/healthz", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    client.get("/api/v1/decisions/somebody")
    client.get("/readyz")
    alive, refused, failed = exporter.get_finished_spans()
    assert alive.name == "GET /healthz"
    assert alive.context is not None
    assert format(alive.context.trace_id, "032x") == trace
    assert refused.name == "GET /api/v1/decisions/<decision_id>"
    assert "somebody" not in refused.to_json()
    assert (refused.attributes or {})["http.response.status_code"] == 401
    assert failed.status.status_code is StatusCode.ERROR
    provider.shutdown()
