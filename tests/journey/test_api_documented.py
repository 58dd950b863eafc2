"""docs/api.md says what the application does: addresses, messages, states, problem documents."""

from __future__ import annotations

import json
import re
from pathlib import Path

import urllib3

from cardsvc.card.batch import BatchRule
from cardsvc.desk_records import JobKind, ReaderState
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.wire.desk import NextJobMessage, PresenceMessage, ReportMessage
from cardsvc.wire.tap import ChallengeRequest, DecisionMessage
from issuance.issuing_desk import REPORTABLE
from issuance.orders import OrderState
from tests.support.installations import ServiceUnderTest
from tests.support.taps import tap_at
from web.app import create_app
from web.problems import _STATUS

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def examples_with(*names: str) -> list[str]:
    found = dict.fromkeys(one.strip() for text in EXAMPLES for one in (text, *text.splitlines()))
    return [one for one in found if _is_object(one) and set(json.loads(one)) == set(names)]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_the_table_lists_every_address_and_no_other(service: ServiceUnderTest) -> None:
    app = create_app(service.installation.services)
    served = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule != "/"
        and not rule.endpoint.startswith(("console.", "operations_api."))  # pages for people
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert set(re.findall(r"^\| `((?:GET|POST) [^`]+)`", PAGE, re.MULTILINE)) == served


def test_the_examples_are_messages() -> None:
    (request,) = examples_with("relying_party", "service", "level")
    assert ChallengeRequest.parse(request.encode()).relying_party == "benh-vien"
    fields = (
        "granted", "code", "level", "holder_name", "message_vi", "message_en", "receipt",
        "released", "pseudonym",
    )  # fmt: skip
    (decision,) = examples_with(*fields)
    assert DecisionMessage.parse(decision.encode()).granted
    (following,) = examples_with("job", "again_seconds")
    assert NextJobMessage.parse(following.encode()).job is not None
    (report,) = examples_with("stage", "reason")
    assert ReportMessage.parse(report.encode()).reason is ReasonCode.NO_READER
    (presence,) = examples_with("version", "pcsc", "readers")
    assert PresenceMessage.parse(presence.encode()).pcsc
    for names in (
        ("nonce", "message", "expires_at"),
        ("nonce", "objects", "proofs"),
        ("card", "state", "status"),
        ("status_lists",),
        ("personal_number", "birth_date"),
        ("message_vi", "message_en"),
        ("chain", "events"),
        ("seq", "sha256"),
        ("rule", "commands"),
        ("finished", "reason"),
        ("responses", "failure"),
        ("type", "title", "status", "reason", "request_id"),
    ):
        assert examples_with(*names), names


def test_the_words_are_the_codes() -> None:
    (states,) = re.findall(r"^States: (.*)\.$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", states)) == {state.value for state in CardState}
    for word in (*BatchRule, *JobKind, *REPORTABLE, *OrderState, *ReaderState):
        assert f"`{word.value}`" in PAGE
    told = {int(one) for row in re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE)
            for one in row.split(",")}  # fmt: skip
    assert set(_STATUS.values()) | {400, 401, 405, 409, 413, 500} <= told


def test_what_the_service_answers_has_the_fields_told(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    receipt = tap_at(service.kiosk, card).receipt
    claims = service.installation.check_receipt(receipt)
    section = PAGE.split("## A receipt")[1].split("## Looking up")[0]
    assert set(claims) <= set(re.findall(r"`(\w+)`", section))
    headers = {"Authorization": f"Bearer {service.partner_token}"}
    status = urllib3.request("GET", f"{service.url}/api/v1/cards/{guid}/status", headers=headers)
    place = service.installation.services.places.place(guid)
    assert place is not None
    uri = service.installation.services.status.list_uri(place.list_number)
    listed = {"status_list": {"idx": place.index, "uri": uri}}
    assert status.json() == {"card": guid.urn, "state": "active", "status": listed}
    kept = urllib3.request(
        "GET", f"{service.url}/api/v1/decisions/{claims['jti']}", headers=headers
    ).json()
    section = PAGE.split("## Looking up")[1].split("## Personalisation")[0]
    assert set(kept) <= set(re.findall(r"`(\w+)`", section))
    refused = urllib3.request("GET", f"{service.url}/api/v1/cards/{guid}/status")
    (example,) = examples_with("type", "title", "status", "reason", "request_id")
    assert refused.status == 401
    named = {"request_id": refused.headers["X-Request-Id"]}
    assert refused.json() == json.loads(example) | named
