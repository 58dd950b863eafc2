"""Doors at the console: alarms, two people who open one, what was decided offline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.door_order_records import DoorOrderState
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.console_records import guid_of
from tests.support.field_examples import DOOR_AGENT, ORDER

HERE = "/console/doors"
ORDERS = f"{HERE}/orders"
OFFLINE = f"{HERE}/offline"


@pytest.fixture(scope="module")
def administrator(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.ADMINISTRATOR))


def rows(page: str) -> int:
    return page.count('<th scope="row"')


def test_alarms_are_found_by_kind_agent_and_day(administrator: Browser) -> None:
    page = administrator.get(HERE).text
    assert rows(page) == 2
    assert page.index("cua-nam") < page.index("cua-bac"), "newest first"
    assert "Cửa mở quá lâu" in administrator.get(f"{HERE}?kind=door.held_open").text
    assert rows(administrator.get(f"{HERE}?kind=door.held_open").text) == 1
    # a kind that is no alarm narrows nothing
    assert rows(administrator.get(f"{HERE}?kind=door.granted").text) == 2
    assert rows(administrator.get(f"{HERE}?agent=khong-co").text) == 0
    assert rows(administrator.get(f"{HERE}?to=01/01/2020").text) == 0
    wrong = administrator.get(f"{HERE}?from=31/02/2026")
    assert (wrong.status_code, 'href="#from"' in wrong.text) == (422, True)
    assert administrator.get(f"{HERE}/export.csv?from=31/02/2026").status_code == 400
    assert administrator.get(f"{HERE}?after=WyJ4Il0").status_code == 200
    assert "door.granted" not in page
    assert "đều liền mạch" in administrator.get(f"{HERE}/chains").text


def test_two_people_open_a_door(console: ConsoleUnderTest, administrator: Browser) -> None:
    asked = administrator.send(f"{ORDERS}/new", agent=DOOR_AGENT, door="cua-bac")
    order_id = asked.location.rpartition("/")[2]
    page = administrator.get(asked.location).text
    assert "Duyệt, mở cửa" not in page
    approver = Browser(console).sign_in(console.who(Role.APPROVER))
    # whoever asked does not approve, whatever the page shows
    alone = administrator.send(f"{asked.location}/approve", form_at=asked.location)
    assert alone.location == asked.location
    store = console.services.doors.desk.store
    assert store.find(order_id).state is DoorOrderState.REQUESTED
    assert "Duyệt, mở cửa" in approver.get(asked.location).text
    approver.send(f"{asked.location}/approve", form_at=asked.location)
    assert store.find(order_id).state is DoorOrderState.APPROVED
    assert "Chờ thiết bị" in approver.get(asked.location).text
    console.clock.advance(timedelta(minutes=1))
    assert "cửa không mở" in approver.get(asked.location).text
    late = approver.post(f"{asked.location}/withdraw", approver.get(f"{ORDERS}/new"))
    assert "đã được quyết định" in approver.get(late.location).text
    assert order_id in approver.get(ORDERS).text
    console.clock.advance(timedelta(minutes=5))
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    assert auditor.get(f"{ORDERS}/new").status_code == 403
    assert "Không ai duyệt kịp" in auditor.get(f"{ORDERS}/{ORDER}").text
    assert auditor.get(f"{ORDERS}/khong-co").status_code == 404


@pytest.mark.parametrize(
    ("agent", "door", "field"),
    [("khong-co", "cua-bac", "agent"), (DOOR_AGENT, "", "door"), (DOOR_AGENT, "Cửa Bắc", "door")],
)
def test_what_can_not_be_is_said_at_its_field(
    administrator: Browser, agent: str, door: str, field: str
) -> None:
    page = administrator.send(f"{ORDERS}/new", agent=agent, door=door)
    assert (page.status_code, f'href="#{field}"' in page.text) == (422, True)


def test_what_was_decided_offline_on_an_old_list(administrator: Browser) -> None:
    page = administrator.get(OFFLINE).text
    assert "theo danh sách cũ 40 phút" in page
    assert guid_of("thu-hoi") in page
    assert rows(page) == 1
    agreeing = administrator.get(f"{OFFLINE}?all=1").text
    assert rows(agreeing) == 2
    exported = administrator.get(f"{OFFLINE}/export.csv?all=1").data.decode("utf-8-sig")
    assert len(exported.splitlines()) == 3
    assert administrator.get(f"{OFFLINE}?from=x").status_code == 422


def test_doors_belong_to_no_agency(console: ConsoleUnderTest) -> None:
    roles = frozenset({Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR})
    local = Browser(console).sign_in(console.add("quan-tri-h57", roles, frozenset({"H57"})))
    home = local.get("/console").text
    assert 'href="/console/agents"' in home
    assert f'href="{HERE}"' not in home
    for path in (HERE, ORDERS, f"{ORDERS}/new", f"{ORDERS}/{ORDER}", OFFLINE, f"{HERE}/export.csv"):
        assert local.get(path).status_code == 404
    form = local.get("/console/agents/new")
    assert local.post(f"{ORDERS}/new", form, agent=DOOR_AGENT, door="cua-bac").status_code == 404
