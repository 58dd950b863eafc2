"""The screen of the operations centre: who sees it, how it looks from across the room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from tests.support.browser import (
    DESKTOP,
    TABLET,
    Watched,
    accessibility_faults,
    overflow,
)
from tests.support.installations import ServiceUnderTest
from tests.support.operations_board import AT, Figures, make_board
from web.app import create_app
from web.loopback import on_loopback
from web.operations.board import Board, OperationsBoard, PlaceLine
from web.operations.passes import OPERATOR_SECONDS, give_pass

TOKEN = "a token of the wall's screen"
WALL = {"width": 1920, "height": 1080}


@pytest.fixture
def client(service: ServiceUnderTest) -> FlaskClient:
    services = replace(service.installation.services, watch_token=TOKEN)
    return create_app(services).test_client()


def test_a_screen_is_opened_once_by_its_token(client: FlaskClient) -> None:
    assert client.get("/operations").status_code == 403
    assert client.post("/operations/open", data={"token": "wrong"}).status_code == 403
    opened = client.post("/operations/open", data={"token": TOKEN})
    assert (opened.status_code, opened.headers["Location"]) == (303, "/operations")
    (cookie,) = [one for one in opened.headers.getlist("Set-Cookie") if "operations" in one]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    screen = client.get("/operations")
    assert screen.status_code == 200
    assert screen.headers["Refresh"] == "10"
    assert "Refresh" not in client.get("/operations?still=1").headers
    assert "<script" not in screen.text
    assert screen.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_another_token_ends_passes(service: ServiceUnderTest, client: FlaskClient) -> None:
    client.post("/operations/open", data={"token": TOKEN})
    cookie = client.get_cookie("cardsvc-operations", path="/operations")
    assert cookie is not None
    changed = replace(service.installation.services, watch_token="another token of the wall")
    other = create_app(changed).test_client()
    for value in (cookie.value, "junk", cookie.value[:-2], ""):
        other.set_cookie("cardsvc-operations", value, path="/operations")
        assert other.get("/operations").status_code == 403


def test_an_operator_s_pass_ends(
    service: ServiceUnderTest, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_key = service.installation.services.console.secret_key
    with client.application.test_request_context():
        given = give_pass(secret_key, TOKEN, OPERATOR_SECONDS).headers["Set-Cookie"]
    value = given.split("=", 1)[1].split(";")[0]
    client.set_cookie("cardsvc-operations", value, path="/operations")
    assert client.get("/operations").status_code == 200
    later = service.clock.now() + timedelta(days=365)  # past any real day of this test's run
    monkeypatch.setattr("itsdangerous.timed.time.time", later.timestamp)
    assert client.get("/operations").status_code == 403


def test_without_a_token_this_machine_alone_sees_it(service: ServiceUnderTest) -> None:
    client = create_app(service.installation.services).test_client()
    assert client.get("/operations").status_code == 200
    passed_on = {"X-Forwarded-For": "10.0.0.9"}
    assert client.get("/operations", headers=passed_on).status_code == 403
    assert client.post("/operations/open", data={"token": ""}).status_code == 403


def test_the_console_leads_there_who_is_signed_in(client: FlaskClient) -> None:
    answer = client.get("/console/operations")
    assert answer.status_code == 302
    assert "/console/sign-in" in answer.headers["Location"]


class FullBoard(OperationsBoard):
    """A day on which everything that there is room for happens."""

    def __init__(self) -> None:
        self._board = make_board(Figures(), *[1.25] * 20)

    def shown(self, at: datetime) -> Board:
        shown = self._board.shown(AT)
        name = "Trung tâm phục vụ hành chính công xã Phú Nghĩa, quầy tiếp nhận số 12"
        return replace(
            shown,
            at=at,
            titles={key: name for key, _ in shown.services.rows},
            places=[PlaceLine(name, 1_234_560)] * 8,
            silent=[name] * 20,
        )


@pytest.fixture
def wall(service: ServiceUnderTest, chromium: Browser) -> Iterator[Watched]:
    class Place:
        url = ""

        def code(self, person: object) -> str:
            raise NotImplementedError(person)

    app = create_app(replace(service.installation.services, board=FullBoard()))
    with on_loopback(app) as Place.url:
        watched = Watched(chromium, Place(), viewport=WALL)
        yield watched
        watched.close()


def test_it_fits_a_wall_and_anybody_s_screen(wall: Watched) -> None:
    page = wall.page
    for size in (WALL, DESKTOP, TABLET):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto("/operations")
        page.get_by_text("Mất liên lạc").wait_for(timeout=5000)
        assert overflow(page) <= 0
    page.set_viewport_size(WALL)  # type: ignore[arg-type]
    assert int(page.evaluate("document.documentElement.scrollHeight")) <= WALL["height"]
    whole = "[...document.querySelectorAll('dd')].every(one => one.scrollWidth <= one.clientWidth)"
    assert page.evaluate(whole)
    assert accessibility_faults(page) == []
    assert wall.complaints == []
