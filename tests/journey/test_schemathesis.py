"""Schemathesis sends what the OpenAPI document allows, and what it does not.

Bounded: a few examples an endpoint, always the same ones. To look further, raise ``EXAMPLES``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    CheckFunction,
    not_a_server_error,
)
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_wsgi
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from cardsvc.partner_records import PartnerProfile, RequestLimits
from tests.support.installations import RELYING_PARTY, ServiceUnderTest, serve
from web.app import create_app
from web.openapi.operation import Tag
from web.partners.register import PartnerRegister

EXAMPLES = 6
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        register = PartnerRegister(running.installation.partners)
        limits = RequestLimits(per_minute=1_000_000, per_day=1_000_000_000)
        profile = PartnerProfile("Trung tâm", limits=limits)
        register.enrol(RELYING_PARTY, profile, operator="admin", at=running.clock.now())
        yield running


@pytest.fixture(scope="module")
def api(service: ServiceUnderTest) -> BaseSchema:
    config = SchemathesisConfig.from_dict(
        {"generation": {"mode": "all", "deterministic": True, "max-examples": EXAMPLES}}
    )
    return from_wsgi("/api/openapi.json", create_app(service.installation.services), config=config)


@schemathesis.serializer("application/ocsp-request")
def octets(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def try_operation(operation: APIOperation, token: str, mode: GenerationMode) -> None:
    """Send some requests of one kind; raises what the first one found."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        if operation.path.endswith("/jobs/next") and "wait" in (case.query or {}):
            case.query["wait"] = str(case.query["wait"])[:1]  # seconds that nobody looks at
        case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {token}"})

    send()


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("chapter", Tag, ids=lambda tag: tag.name.lower())
def test_the_service_holds_to_its_document(
    service: ServiceUnderTest, api: BaseSchema, chapter: Tag, mode: GenerationMode
) -> None:
    found = {}
    for result in api.get_all_operations():
        operation = result.ok()
        if chapter.value[1] not in operation.tags:
            continue
        agents = operation.path.startswith("/agent/")
        token = service.agent_token if agents else service.partner_token
        try:
            try_operation(operation, token, mode)
        except Unsatisfiable:
            continue  # nothing that this endpoint takes can be spoilt
        except (FailureGroup, AssertionError) as failures:
            found[operation.label] = str(failures)
    assert not found, "\n\n".join(f"{label}\n{text}" for label, text in found.items())
