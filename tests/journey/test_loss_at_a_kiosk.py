"""A holder reports a loss at a kiosk: the next tap is refused, and a liar learns nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.records import Holder
from cardsvc.terms import CardType
from issuance.losses.settle import close_as_found
from tests.support.installations import ServiceUnderTest, serve


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path / "data") as running:
        yield running


def holder_of(service: ServiceUnderTest, guid: CardGuid) -> Holder:
    with service.installation.store.transaction() as unit:
        return unit.application(unit.card(guid).application_id).holder


def report(
    service: ServiceUnderTest, number: str, birth_date: str, token: str | None = None
) -> tuple[int, bytes]:
    answer = urllib3.request(
        "POST",
        f"{service.url}/agent/v1/loss-reports",
        body=json.dumps({"personal_number": number, "birth_date": birth_date}),
        headers={
            "Authorization": f"Bearer {token or service.agent_token}",
            "X-Request-Id": "bao-mat-the",
        },
        retries=False,
    )
    return answer.status, answer.data


def test_a_lost_card_is_locked_at_a_kiosk_and_unlocked_by_an_approver(
    service: ServiceUnderTest,
) -> None:
    _, guid = service.active_card(CardType.CIVIL_SERVANT)
    holder = holder_of(service, guid)
    number = holder.personal_number.value
    answers = {
        report(service, number, "1991-01-01"),
        report(service, "079085000123", "1990-05-02"),
    }
    history = service.installation.history
    assert history.card_state(guid) is CardState.ACTIVE
    answers.add(report(service, number, "1990-05-02"))
    assert history.card_state(guid) is CardState.SUSPENDED
    assert len(answers) == 1
    ((status, body),) = answers
    assert status == 200
    assert set(json.loads(body)) == {"message_vi", "message_en"}
    (case,) = service.installation.directory.loss_cases()
    close_as_found(service.installation.store, case.id, operator="hung", at=service.clock.now())
    assert history.card_state(guid) is CardState.ACTIVE
    log = [entry.event for entry in service.installation.audit.events(limit=1000)]
    assert [event.action for event in log].count(AuditAction.LOSS_UNMATCHED) == 2
    assert number not in str(log)


def test_after_too_many_reports_the_truth_is_refused_like_a_lie(
    service: ServiceUnderTest,
) -> None:
    _, guid = service.active_card(CardType.CIVIL_SERVANT)
    number = holder_of(service, guid).personal_number.value
    for day in range(1, 6):
        assert report(service, number, f"1980-01-0{day}")[0] == 200
    refused = report(service, number, "1990-05-02")
    assert refused[0] == 429
    assert json.loads(refused[1])["reason"] == "too_many_reports"
    nobody = "079085000123"
    for day in range(1, 6):
        assert report(service, nobody, f"1980-01-0{day}")[0] == 200
    assert report(service, nobody, "1990-05-02") == refused
    assert service.installation.history.card_state(guid) is CardState.ACTIVE


def test_a_partner_or_a_stranger_reports_nothing(service: ServiceUnderTest) -> None:
    for token in (service.partner_token, "x"):
        assert report(service, "079085000123", "1990-05-02", token)[0] == 401
