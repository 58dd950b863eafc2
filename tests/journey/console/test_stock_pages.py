"""The stock of blanks in the console: deliveries, two people where they are needed, the day."""

from __future__ import annotations

import pytest

from cardsvc.access_records import Role
from cardsvc.stock_records import BlankState
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.console_records import STORE

DELIVERY = {
    "keeper": STORE,
    "product": "PIV-1",
    "box": "H2",
    "delivery_note": "PG-2",
    "serials": "B0001..B0004",
}


@pytest.fixture
def keeper(console: ConsoleUnderTest) -> Browser:
    return Browser(console).sign_in(console.who(Role.STOCK_KEEPER))


def _state(console: ConsoleUnderTest, serial: str) -> BlankState:
    return console.services.issuing.stock.movements(serial)[-1].to_state


def test_a_delivery_by_range_once(console: ConsoleUnderTest, keeper: Browser) -> None:
    form = keeper.get("/console/stock/receive")
    wrong = keeper.post("/console/stock/receive", form, **{**DELIVERY, "serials": "B0004..B0001"})
    assert wrong.status_code == 422
    assert "B0004..B0001" in wrong.text
    assert keeper.post("/console/stock/receive", form, **DELIVERY).status_code == 303
    assert keeper.post("/console/stock/receive", form, **DELIVERY).status_code == 303
    again = keeper.send("/console/stock/receive", **DELIVERY)
    assert again.status_code == 422
    assert "đã có trong sổ kho" in again.text
    assert len(console.services.issuing.stock.blanks(box="H2")) == 4
    assert "B0003" in keeper.get("/console/stock/blanks?box=H2").text


def test_two_people_destroy(console: ConsoleUnderTest, keeper: Browser) -> None:
    spoil = {"kind": "spoil", "serials": "A0003", "reason": "chip"}
    assert keeper.send("/console/stock/move", **spoil).status_code == 303
    destroy = {"kind": "destroy", "serials": "A0003", "reference": "BB-1"}
    assert "Nhập người chứng kiến" in keeper.send("/console/stock/move", **destroy).text
    own = keeper.send("/console/stock/move", **destroy, witness="ca-stock-keeper")
    assert "phải là người khác" in own.text
    assert _state(console, "A0003") is BlankState.SPOILED
    assert keeper.send("/console/stock/move", **destroy, witness="ca-issuer").status_code == 303
    assert _state(console, "A0003") is BlankState.DESTROYED


def test_a_day_is_closed_when_every_difference_is_explained(
    console: ConsoleUnderTest, keeper: Browser
) -> None:
    keeper.send("/console/stock/keepers/new", id="kho-2", name="Kho huyện", site="HUYEN")
    two = {**DELIVERY, "keeper": "kho-2", "box": "H9", "serials": "C0001 C0002"}
    assert keeper.send("/console/stock/receive", **two).status_code == 303
    day = "/console/stock/keepers/kho-2"
    keeper.send(f"{day}/close", form_at=day)
    assert "Hôm nay chưa kiểm đếm" in keeper.get(day).text
    assert keeper.send(f"{day}/count", form_at=day, serials="C0001").status_code == 303
    keeper.send(f"{day}/close", form_at=day)
    page = keeper.get(day).text
    assert "còn chênh lệch chưa giải thích" in page
    assert "C0002: thiếu" in page
    lose = {"kind": "lose", "serials": "C0002", "reference": "BB-2", "witness": "ca-issuer"}
    assert keeper.send("/console/stock/move", **lose).status_code == 303
    keeper.send(f"{day}/close", form_at=day)
    assert "Đã khóa sổ ngày" in keeper.get(day).text
    assert len(console.services.issuing.stock.days("kho-2")) == 1


def test_others_look_and_book_nothing(console: ConsoleUnderTest) -> None:
    auditor = Browser(console).sign_in(console.who(Role.AUDITOR))
    assert auditor.get("/console/stock").status_code == 200
    assert auditor.get("/console/stock/move").status_code == 403
    assert "Khóa sổ hôm nay" not in auditor.get(f"/console/stock/keepers/{STORE}").text
