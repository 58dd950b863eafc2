"""Changes to many cards in the console: planned, seen card by card, carried out once, in scope."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from cardsvc.access_records import Role
from cardsvc.batch_records import BatchState
from cardsvc.lifecycle import CardState
from tests.support.console import AGENCY, Browser, ConsoleUnderTest
from tests.support.console_records import guid_of
from web.console.formats import VIETNAM


@pytest.fixture
def clerk(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.CLERK))


@pytest.fixture
def approver(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.APPROVER))


def _state(console: ConsoleUnderTest, name: str) -> CardState:
    with console.services.issuing.store.transaction() as unit:
        return unit.cards_of_application(name)[-1].state


def _finished(console: ConsoleUnderTest, address: str) -> bool:
    for _ in range(200):
        batch = console.services.issuing.batches.batch(address.rsplit("/", 1)[-1])
        assert batch is not None
        if batch.state is BatchState.FINISHED:
            return True
        time.sleep(0.02)
    return False


def _number(console: ConsoleUnderTest, holder_id: str) -> str:
    holder = console.services.issuing.queue.holder(holder_id)
    assert holder is not None
    return holder.personal_number.value


def _plan(browser: Browser, **fields: str) -> str:
    answer = browser.send("/console/batches/new", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_leave_of_people_of_a_list(console: ConsoleUnderTest, clerk: Browser) -> None:
    returns = console.clock.now().astimezone(VIETNAM) + timedelta(days=60)
    numbers = "\n".join(_number(console, f"nguoi-{one}") for one in ("dang-dung", "bi-khoa"))
    address = _plan(
        clerk, kind="leave", whom="people", numbers=numbers, until=f"{returns:%d/%m/%Y}"
    )
    page = clerk.get(address)
    assert "Đặng Thị Thu Hà" in page.text
    assert "Thẻ không ở trạng thái hoạt động" in page.text
    assert _state(console, "dang-dung") is CardState.ACTIVE  # nothing happened yet
    answer = clerk.send(f"{address}/run", form_at=address)
    assert answer.status_code == 303
    assert _finished(console, address)
    assert _state(console, "dang-dung") is CardState.SUSPENDED
    page = clerk.get(address)
    assert "Đã thực hiện xong" in page.text
    assert f"/console/cards/{guid_of('dang-dung')}" in page.text


def test_a_retirement_is_planned_by_a_clerk_and_run_by_an_approver(
    console: ConsoleUnderTest, clerk: Browser, approver: Browser
) -> None:
    number = _number(console, "nguoi-cho-ma")
    address = _plan(clerk, kind="retirement", whom="people", numbers=number)
    assert clerk.send(f"{address}/run", form_at=address).status_code == 403
    page = approver.get(address)
    assert approver.post(f"{address}/run", page).status_code == 303
    again = approver.post(f"{address}/run", page)  # a double click
    assert again.location == address
    assert _finished(console, address)
    assert _state(console, "cho-ma") is CardState.REVOKED


def test_a_plan_is_given_up(console: ConsoleUnderTest, clerk: Browser) -> None:
    number = _number(console, "nguoi-ban-giao")
    address = _plan(
        clerk, kind="transfer", whom="people", numbers=number, new_agency=AGENCY,
        new_unit="Phòng Cải cách hành chính",
    )  # fmt: skip
    assert clerk.send(f"{address}/cancel", form_at=address).status_code == 303
    assert "Đã hủy kế hoạch" in clerk.get(address).text
    assert clerk.send(f"{address}/run", form_at="/console/batches/new").location == address
    assert _state(console, "ban-giao") is CardState.PERSONALISED


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Chọn việc xảy ra"),
        ({"kind": "retirement", "whom": "people", "numbers": "123"}, "số định danh 12 chữ số"),
        ({"kind": "retirement", "whom": "people", "numbers": "046190099999"}, "Không tìm thấy 1"),
        ({"kind": "retirement", "whom": "agency", "agency": "H99.99"}, "Không có cơ quan"),
        ({"kind": "transfer", "whom": "agency", "agency": AGENCY}, "Nhập mã cơ quan mới"),
        (
            {"kind": "leave", "whom": "agency", "agency": AGENCY, "until": "01/01/2020"},
            "Ngày trở lại sớm nhất",
        ),
        (
            {"kind": "leave", "whom": "agency", "agency": AGENCY, "until": "01/01/0001"},
            "Ngày trở lại sớm nhất",
        ),
        (
            {
                "kind": "retirement",
                "whom": "people",
                "numbers": "046190099999\n\n046190099999\n46190099999",
            },
            "Dòng 4 không phải số định danh 12 chữ số",
        ),
        (
            {"kind": "retirement", "whom": "people", "numbers": "046 190 099 999\n0461.9009.9998"},
            "Không tìm thấy 2 người",
        ),
    ],
)
def test_faults_are_said_and_nothing_typed_is_lost(
    clerk: Browser, fields: dict[str, str], says: str
) -> None:
    answer = clerk.send("/console/batches/new", **fields)
    assert answer.status_code == 422
    assert says in answer.text
    for value in fields.values():
        assert value in answer.text


def test_outside_the_scope_there_is_no_plan(console: ConsoleUnderTest, clerk: Browser) -> None:
    number = _number(console, "nguoi-thu-hoi")
    address = _plan(clerk, kind="leaving", whom="people", numbers=number)
    roles = frozenset({Role.CLERK, Role.APPROVER})
    stranger = Browser(console).sign_in(console.add("ca-xa", roles, frozenset({"H58"})))
    assert stranger.get(address).status_code == 404
    assert address not in stranger.get("/console/batches").text
    refused = stranger.send("/console/batches/new", kind="leaving", whom="people", numbers=number)
    assert "ngoài phạm vi" in refused.text or "Không tìm thấy 1" in refused.text
    assert address in clerk.get("/console/batches").text
