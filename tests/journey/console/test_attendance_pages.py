"""Attendance at the console: corrections by two people, a unit's month."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from cardsvc.access_records import Role
from cardsvc.attendance_records import Absence, CorrectionState
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.field_examples import CORRECTION, STAFF

HERE = "/console/attendance"
NEW = f"{HERE}/of/{STAFF}/new"
EMPTY = {"time": "", "until": ""}


@pytest.fixture(scope="module")
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


@pytest.fixture(scope="module")
def approver(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.APPROVER))


def agency_of(console: ConsoleUnderTest) -> str:
    holder = console.services.issuing.queue.holder(STAFF)
    assert holder is not None
    assert holder.employment is not None
    return holder.employment.agency_code.value


def test_a_forgotten_tap_is_asked_for_and_approved_by_another(
    console: ConsoleUnderTest, clerk: Browser, approver: Browser
) -> None:
    asked = clerk.send(NEW, **{**EMPTY, "what": "in", "day": "20/11/2026", "time": "7:25"})
    assert asked.status_code == 303
    one = clerk.get(asked.location)
    assert "20/11/2026 07:25" in one.text
    assert "Người phê duyệt quyết định" in one.text
    assert clerk.post(f"{asked.location}/approve", clerk.get(NEW)).status_code == 403
    assert "Quên chấm vào" in approver.get(HERE).text
    approved = approver.send(f"{asked.location}/approve", form_at=asked.location)
    assert approved.location == asked.location
    assert "Đã duyệt" in approver.get(asked.location).text
    assert asked.location not in approver.get(HERE).text
    assert asked.location in approver.get(f"{HERE}?state=approved").text
    # decided once
    form = approver.get(f"{HERE}/{CORRECTION}")
    again = approver.post(f"{asked.location}/reject", form)
    assert again.location == asked.location
    store = console.services.attendance.store
    assert store.find(asked.location.rpartition("/")[2]).state is CorrectionState.APPROVED


def test_nobody_approves_what_they_asked_for(console: ConsoleUnderTest) -> None:
    both = Browser(console).sign_in(console.everything)
    asked = both.send(NEW, **{**EMPTY, "what": "sick", "day": "16/11/2026", "until": "18/11/2026"})
    one = console.services.attendance.store.find(asked.location.rpartition("/")[2])
    assert (one.absence, str(one.first_day), str(one.last_day)) == (
        Absence.SICK, "2026-11-16", "2026-11-18",
    )  # fmt: skip
    page = both.get(asked.location).text
    assert "một người khác duyệt" in page
    both.post(f"{asked.location}/approve", both.get(f"{HERE}/{CORRECTION}"))
    found = console.services.attendance.store.find(one.id)
    assert found.state is CorrectionState.REQUESTED


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"what": "in", "day": "20/11/2026"}, "time"),
        ({"what": "in", "day": "20/11/2026", "time": "25:00"}, "time"),
        ({"what": "in", "day": "01/01/2030", "time": "07:00"}, "day"),
        ({"what": "in", "day": "01/01/0001", "time": "00:00"}, "day"),
        ({"what": "sleepy", "day": "20/11/2026"}, "what"),
        ({"what": "sick", "day": "31/02/2026"}, "day"),
        ({"what": "sick", "day": "20/11/2026", "until": "19/11/2026"}, "day"),
    ],
)
def test_what_can_not_be_is_said_at_its_field(
    clerk: Browser, fields: dict[str, str], field: str
) -> None:
    page = clerk.send(NEW, **{**EMPTY, **fields})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert f'value="{fields["day"]}"' in page.text


def test_the_sheet_of_a_month(console: ConsoleUnderTest, clerk: Browser) -> None:
    agency = agency_of(console)
    before = console.service.installation.audit.head(console.clock.now()).size
    query = f"agency={agency}&unit=&month=11&year=2026"
    page = clerk.get(f"{HERE}/sheet?{query}").text
    assert f"/console/attendance/of/{STAFF}/new" in page
    assert page.count('<th scope="col"') == 1 + 30 + 5
    assert "sheet.xlsx?" in page
    book = clerk.get(f"{HERE}/sheet.xlsx?{query}")
    assert re.search(r"cham-cong-\S+-2026-11\.xlsx", book.headers["Content-Disposition"])
    names = [cell.value for cell in load_workbook(io.BytesIO(book.data)).worksheets[0]["B"]]
    assert len([one for one in names if one]) > 3
    # each look is in the log
    assert console.service.installation.audit.head(console.clock.now()).size >= before + 2
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    assert f"/of/{STAFF}/new" not in auditor.get(f"{HERE}/sheet?{query}").text
    for wrong, field in (
        ("agency=?&unit=&month=11&year=2026", "agency"),
        ("agency=Z99&unit=&month=11&year=2026", "agency"),
        (f"agency={agency}&unit=&month=13&year=2026", "month"),
    ):
        answer = clerk.get(f"{HERE}/sheet?{wrong}")
        assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
        assert clerk.get(f"{HERE}/sheet.xlsx?{wrong}").status_code == 400


def test_another_agency_s_people_are_not_there(console: ConsoleUnderTest) -> None:
    roles = frozenset({Role.CLERK, Role.APPROVER})
    stranger = Browser(console).sign_in(console.add("can-bo-h62", roles, frozenset({"H62"})))
    assert CORRECTION not in stranger.get(HERE).text
    assert stranger.get(f"{HERE}/{CORRECTION}").status_code == 404
    assert stranger.get(NEW).status_code == 404
    query = f"agency={agency_of(console)}&unit=&month=11&year=2026"
    assert "ngoài phạm vi" in stranger.get(f"{HERE}/sheet?{query}").text
    exported = stranger.get(f"{HERE}/export.csv").data.decode("utf-8-sig")
    assert len(exported.splitlines()) == 1
    assert stranger.get(f"{HERE}/khong-co").status_code == 404
