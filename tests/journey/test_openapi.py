"""The OpenAPI document tells of every endpoint, and what is answered is as it says."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import urllib3
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import Browser

from tests.support.browser import (
    DESKTOP,
    TABLET,
    Watched,
    accessibility_faults,
    overflow,
)
from tests.support.conformance import Conformance
from tests.support.installations import ServiceUnderTest
from tests.support.taps import tap_at
from web.app import create_app
from web.cli.api import openapi
from web.openapi.document import openapi_document, undeclared

EXAMPLES = Path(__file__).parents[2] / "web" / "openapi" / "examples.json"
PAGES_FOR_PEOPLE = ("/console", "/operations")
FOR_PEOPLE = {"GET /"}
"""It leads people to the console."""


@pytest.fixture(scope="module")
def document(service: ServiceUnderTest) -> dict[str, object]:
    return openapi_document(create_app(service.installation.services), "1")


def test_the_document_is_openapi_3_1(document: dict[str, object]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_every_endpoint_declares_itself(service: ServiceUnderTest) -> None:
    app = create_app(service.installation.services)
    silent = {one for one in undeclared(app) if not one.split(" ")[1].startswith(PAGES_FOR_PEOPLE)}
    assert silent <= FOR_PEOPLE, "declare it: see web/openapi/operation.py"


def test_the_document_is_served_to_everyone(service: ServiceUnderTest) -> None:
    served = urllib3.request("GET", f"{service.url}/api/openapi.json")
    assert served.status == 200
    assert served.headers["Content-Type"] == "application/json"
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    again = {"If-None-Match": served.headers["ETag"]}
    assert urllib3.request("GET", f"{service.url}/api/openapi.json", headers=again).status == 304
    paths = served.json()["paths"]
    assert "/api/v1/cards/{guid}/status" in paths
    assert not any(path.startswith("/console") for path in paths)


def test_the_page_tells_of_every_endpoint_and_message_and_needs_nothing_else(
    service: ServiceUnderTest, document: dict[str, dict[str, object]]
) -> None:
    page = urllib3.request("GET", f"{service.url}/api/docs")
    assert page.status == 200
    text = html.unescape(page.data.decode())
    for path in document["paths"]:
        assert f"<code>{path}</code>" in text
    schemas = document["components"]["schemas"]
    assert isinstance(schemas, dict)
    ids = set(re.findall(r'id="([^"]+)"', text))
    assert {f"schema-{name}" for name in schemas} <= ids
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids
    assert "<script" not in text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', text)) == {
        "/api/openapi.json", "/console/static/img/mark.svg", "/console/static/css/tokens.css",
        "/console/static/css/frame.css", "/console/static/css/components.css",
        "/console/static/css/reference.css",
    }  # fmt: skip


def test_the_page_can_be_read_by_everyone(service: ServiceUnderTest, chromium: Browser) -> None:
    for size in (DESKTOP, TABLET):
        watched = Watched(chromium, service, viewport=size)  # type: ignore[arg-type]
        watched.page.goto("/api/docs")
        assert accessibility_faults(watched.page) == []
        assert overflow(watched.page) <= 0
        assert watched.complaints == []
        watched.close()


def test_a_file_holds_the_same_document(service: ServiceUnderTest, tmp_path: Path) -> None:
    settings = service.installation.settings
    ran = CliRunner().invoke(openapi, [str(tmp_path / "api.json")], obj=settings)
    assert ran.exit_code == 0, ran.output
    served = urllib3.request("GET", f"{service.url}/api/openapi.json").json()
    assert json.loads((tmp_path / "api.json").read_text("utf-8")) == served
    nowhere = CliRunner().invoke(openapi, [str(tmp_path / "no" / "api.json")], obj=settings)
    assert (nowhere.exit_code, "Traceback" in nowhere.output) == (1, False)


def test_the_examples_are_as_the_document_says(document: dict[str, object]) -> None:
    components, checked = {"components": document["components"]}, 0
    paths = document["paths"]
    assert isinstance(paths, dict)
    operations = [one for item in paths.values() for name, one in item.items()
                  if name != "parameters"]  # fmt: skip
    for one in operations:
        for body in (one.get("requestBody", {}), *one["responses"].values()):
            media = body.get("content", {}).get("application/json", {})
            if "example" in media:
                validator = jsonschema.Draft202012Validator(media["schema"] | components)
                validator.validate(media["example"])
                checked += 1
    assert checked > 35
    assert json.loads(EXAMPLES.read_text("utf-8")).keys() <= {
        one["operationId"] for one in operations
    }


def test_every_refusal_is_a_problem_document(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert isinstance(paths, dict)
    for path, item in paths.items():
        for method in item.keys() - {"parameters"}:
            for status, told in item[method]["responses"].items():
                # OAuth's own refusals have the form of RFC 6749 section 5.2
                oauth = path == "/oauth/token" and status in {"400", "401"}
                # what watches the service reads the same object, whether all is well or not
                parts = path == "/readyz" and status == "503"
                if int(status) >= 400 and not oauth and not parts:
                    assert list(told["content"]) == ["application/problem+json"], (path, status)


def thin(schema: dict[str, Any], where: str) -> Iterator[str]:
    """Yield where a schema takes any object or any list."""
    types = schema.get("type", "")
    if "object" in types and not (
        schema.get("properties") or isinstance(schema.get("additionalProperties"), dict)
    ):
        yield where
    if "array" in types and not schema.get("items"):
        yield where
    for name, one in schema.get("properties", {}).items():
        yield from thin(one, f"{where}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from thin(schema[name], f"{where}.{name}")
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from thin(one, where)


def test_no_answer_is_just_some_object(document: dict[str, dict[str, Any]]) -> None:
    found = [where for name, one in document["components"]["schemas"].items()
             for where in thin(one, name)]  # fmt: skip
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            for status, told in item[method]["responses"].items():
                for media in told["content"].values():
                    found += thin(media.get("schema", {}), f"{method} {path} {status}")
    assert found == []
    assert list(thin({"type": "array", "items": {"type": "object"}}, "x")) == ["x.items"]


@pytest.mark.parametrize("brought", ["ma-yeu-cau-1234", None, "short", "two\twords-are", "x" * 65])
def test_every_answer_names_its_request(service: ServiceUnderTest, brought: str | None) -> None:
    headers = {} if brought is None else {"X-Request-Id": brought}
    refused = urllib3.request(
        "GET", f"{service.url}/api/v1/decisions/1", headers=headers, retries=False
    )
    named = refused.headers["X-Request-Id"]
    assert (named == brought) is (brought == "ma-yeu-cau-1234")
    assert refused.json()["request_id"] == named
    assert 8 <= len(named) <= 64


def test_answers_that_are_not_as_told_are_noticed(service: ServiceUnderTest) -> None:
    app = create_app(service.installation.services)
    conformance = Conformance(app)
    content = conformance.document["paths"]["/healthz"]["get"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = {"required": ["another"]}
    app.test_client().get("/healthz")
    (fault,) = conformance.faults
    assert fault.startswith("GET /healthz 200: ")


def test_a_tap_is_as_the_document_says(service: ServiceUnderTest) -> None:
    """The service's own fixture looks at every answer; here, that it looked at these."""
    card, guid = service.active_card()
    tap_at(service.kiosk, card)
    headers = {"Authorization": f"Bearer {service.partner_token}"}
    status = f"{service.url}/api/v1/cards/{guid}/status"
    assert json.loads(urllib3.request("GET", status, headers=headers).data)["state"] == "active"
    looked_at = service.conformance.checked
    for where in (
        "POST /agent/v1/challenges 200",
        "POST /agent/v1/presentations 200",
        "POST /agent/v1/jobs/<job_id>/answers 200",
        "POST /agent/v1/activations 200",
        "GET /api/v1/cards/<guid>/status 200",
    ):
        assert where in looked_at
    assert service.conformance.faults == []
