"""Policies at the console: written by one person, tried, put in force by another, put back."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.policy_records import ActivationKind
from cardsvc.service_records import DecisionRecord
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.installations import RELYING_PARTY
from tests.support.policies import inputs, policy_text
from verification.policy import life

SERVICE = "tra-cuu-ho-so"
HERE = f"/console/policies/{RELYING_PARTY}"
QUERY = f"service={SERVICE}"
STAFF_ONLY = """
[[rules]]
name = "staff"
effect = "allow"
card_types = ["civil_servant"]
categories = ["CC"]
agencies = ["H46.12"]
except_agencies = ["H46.12.9"]
zones = ["halls"]
schedule = "office"
minimum_level = "X2"
valid = { from = 2026-01-01 }
"""
FULL = """
valid = { until = 2030-12-31 }
[status]
fresh_for_seconds = 300
when_stale = "step_up"
[release]
attributes = ["name", "over_18"]
rely_for_seconds = 60
consent = { version = "1", vi = "Đồng ý?", en = "Agreed?" }
[zones]
halls = ["sanh-*"]
[schedules.office]
weekdays = ["07:30-11:30"]
sat = ["22:00-24:00"]
[calendar]
closures = [2026-12-31]
working_days = { "2026-12-26" = "thu" }
"""


@pytest.fixture(scope="module")
def author(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


@pytest.fixture(scope="module")
def second(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.everything)


def put(author: Browser, text: str, **more: object) -> str:
    fields = {"partner": RELYING_PARTY, "document": text, **more}
    answer = author.send("/console/policies/new", **fields)
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_draft_is_written_tried_put_in_force_and_put_back(
    console: ConsoleUnderTest, author: Browser, second: Browser
) -> None:
    first = put(author, policy_text())
    assert first == f"{HERE}/versions/1?{QUERY}"
    assert "Bản thảo" in author.get(first).text
    form = author.get(f"{HERE}/versions/1/what-if?{QUERY}")
    own = author.post(f"{HERE}/versions/1/activate?{QUERY}", form, **{"from": ""})
    assert own.location == first
    assert "hai người khác nhau" in author.get(first).text
    done = second.send(f"{HERE}/versions/1/activate?{QUERY}", **{"from": ""})
    assert done.location == f"{HERE}?{QUERY}"
    assert "Đang áp dụng" in second.get(done.location).text

    decide(console)
    put(author, policy_text(FULL, STAFF_ONLY))
    words = author.get(f"{HERE}/versions/2?{QUERY}").text
    for said in (
        "Thẻ cán bộ, công chức, viên chức điện tử", "Nhóm đối tượng: Công chức", "H46.12",
        "Trừ cơ quan: H46.12.9", "sanh-*", "thứ Hai đến thứ Sáu 07:30–11:30",
        "thứ Bảy 22:00–24:00; nghỉ ngày lễ", "X2 – chip và mã PIN", "Từ ngày 01/01/2026",
        "Cũ hơn 300 giây", "họ và tên, có đủ 18 tuổi không", "Đồng ý?", "Nghỉ riêng: 31/12/2026",
        "26/12/2026 làm việc như thứ Năm", "Đến hết ngày 31/12/2030", "+categories = ",
    ):  # fmt: skip
        assert said.replace("+", "&#43;") in words or said in words, said
    assert "chạy thử" in second.get(f"{HERE}/versions/2/activate?{QUERY}").text

    tried = author.send(f"{HERE}/versions/2/what-if?{QUERY}", days="30")
    assert "Chấp nhận" in tried.text
    assert "Loại thẻ khác" in tried.text
    assert "/console/policies/decision?id=qd-ca-nhan" in tried.text
    kept = life.require_version(console.services.integration.shelf, RELYING_PARTY, SERVICE, 2)
    assert kept.rehearsal is not None
    assert (kept.rehearsal.replayed, kept.rehearsal.changed) == (2, 2)
    assert author.send(f"{HERE}/versions/2/what-if?{QUERY}", days="0").status_code == 422

    late = second.send(f"{HERE}/versions/2/activate?{QUERY}", **{"from": "01/01/2020"})
    assert late.status_code == 422
    second.send(f"{HERE}/versions/2/activate?{QUERY}", **{"from": "01/01/2027"})
    assert "Sẽ áp dụng" in second.get(f"{HERE}?{QUERY}").text
    second.send(f"{HERE}/versions/2/activate?{QUERY}", **{"from": ""})
    back = author.send(f"{HERE}/roll-back?{QUERY}")
    assert back.location == f"{HERE}?{QUERY}"
    acts = console.services.integration.shelf.activations(RELYING_PARTY, SERVICE)
    assert [one.version for one in acts] == [1, 2, 2, 1]
    assert acts[-1].kind is ActivationKind.ROLLBACK
    # the latest act counts: what was planned before the rollback does not overtake it
    page = author.get(f"{HERE}?{QUERY}").text
    assert "Sẽ áp dụng" not in page
    assert "Đã thôi áp dụng" in page
    assert_told_which_rule_decided(console, author)


def decide(console: ConsoleUnderTest) -> None:
    """Put two decisions of the first version on record."""
    at = console.clock.now()
    log = SqlDecisionLog(console.service.installation.database)
    for name, kind, level in (
        ("qd-ca-nhan", CardType.INDIVIDUAL, AssuranceLevel.X2),
        ("qd-x1", CardType.CIVIL_SERVANT, AssuranceLevel.X1),
    ):
        asked = inputs(kind, level, at, agency_code=None, category=None)
        log.record(
            DecisionRecord(
                name, at, "kiosk-1", RELYING_PARTY, SERVICE, True, level, (), None, 1, "",
                inputs=asked, rule="all",
            )
        )  # fmt: skip


def assert_told_which_rule_decided(console: ConsoleUnderTest, author: Browser) -> None:
    page = author.get("/console/policies/decision?id=qd-ca-nhan").text
    for said in ("Quyết định</strong>", "Thẻ điện tử cá nhân", "X2 – chip và mã PIN", "kiosk-1"):
        assert said in page
    gone = author.get("/console/policies/decision?id=khong-co")
    assert (gone.status_code, 'href="#id"' in gone.text) == (404, True)
    assert author.get("/console/policies/decision?id=%00").status_code == 404
    # a decision of which no agency is known is for those who see all agencies
    person = console.add("kt-mot-noi", frozenset({Role.AUDITOR}), frozenset({"H57.12"}))
    elsewhere = Browser(console).sign_in(person)
    assert elsewhere.get("/console/policies/decision?id=qd-ca-nhan").status_code == 404


def test_what_is_no_policy_is_shown_again(author: Browser) -> None:
    at = "/console/policies/new"
    wrong = policy_text().replace("format = 1", "format = 7")
    page = author.send(at, partner=RELYING_PARTY, document=wrong)
    assert page.status_code == 422
    assert 'href="#document"' in page.text
    assert "format = 7" in page.text
    other = 'partner = "ai-khac"\n' + policy_text()
    assert author.send(at, partner=RELYING_PARTY, document=other).status_code == 422
    assert author.send(at, partner="khong-co", document=policy_text()).status_code == 422
    assert author.send(at, partner=RELYING_PARTY, document=" ").status_code == 422
    binary = (io.BytesIO(b"\xff\xfe"), "x.toml")
    refused = author.send(at, partner=RELYING_PARTY, document="", file=binary)
    assert 'href="#file"' in refused.text


def test_a_file_a_template_and_an_earlier_version_begin_a_draft(author: Browser) -> None:
    sent = (io.BytesIO(policy_text().encode("utf-8-sig")), "x.toml")
    first = put(author, "", file=sent)
    assert "Tra cứu hồ sơ" in author.get(first).text
    assert (
        "civil-servant-door" in author.get("/console/policies/new?template=civil-servant-door").text
    )
    assert author.get("/console/policies/new?template=khong-co").status_code == 404
    again = f"/console/policies/new?partner={RELYING_PARTY}&{QUERY}&version=1"
    assert "dossier.look-up" in author.get(again).text
    assert author.get(f"{HERE}?service=khong-co").status_code == 404
    assert author.get(HERE).status_code == 404
    assert author.get(f"{HERE}/versions/99?{QUERY}").status_code == 404
    assert author.get(f"{HERE}?service=%00").status_code == 404
    assert author.get("/console/policies?partner=%00").status_code == 200


def test_auditors_read_and_change_nothing(console: ConsoleUnderTest) -> None:
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    page = auditor.get("/console/policies").text
    assert "library" in page
    assert "/console/policies/new" not in page
    assert auditor.get("/console/policies/new").status_code == 403
    assert auditor.get(f"{HERE}/roll-back?service=library").status_code == 403
    # the question of what is grave leads back to the same service
    person = Browser(console).sign_in(console.who(Role.ADMINISTRATOR))
    form = person.get(f"{HERE}/roll-back?service=library")
    console.clock.advance(timedelta(minutes=14))
    person.get("/console/policies")
    console.clock.advance(timedelta(minutes=14))
    asked = person.post(f"{HERE}/roll-back?service=library", form)
    assert asked.location.endswith(f"next={HERE}/roll-back?service%3Dlibrary")
