"""Counter software and the agent: the samples run against a real service and a virtual card."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Browser

from cardsvc.service_records import ServicePolicy
from cardsvc.terms import CardType
from reader_agent.counter.config import CounterConfig
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.part import Kiosk
from reader_agent.kiosk.words import Words
from reader_agent.virtual.card import VirtualCard
from tests.support.browser import accessibility_faults
from tests.support.installations import AT, PIN, RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.kiosk import RunningKiosk, await_that, running_kiosk
from tests.support.portrait_policy import photograph

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "counter.py"
PAGE = "https://motcua.example"
CONFIG = CounterConfig(Words("Quầy 3", "Counter 3"), frozenset({PAGE}), sample=True)
POLICY = """
format = 1
service = "xac-nhan"
title = { vi = "Xác nhận", en = "Confirmation" }
purpose = { code = "confirm", vi = "Xác nhận tại quầy", en = "Confirmation at the counter" }
minimum_level = "X3"
[release]
attributes = ["name", "portrait"]
[[rules]]
name = "all"
effect = "allow"
"""


@dataclass
class Place:
    """A counter with its officer's program, and a holder with a card."""

    counter: RunningKiosk
    service: ServiceUnderTest
    card: VirtualCard

    @property
    def token_file(self) -> Path:
        return self.counter.tools.config.state_dir / "counter.token"

    def headers(self, **more: str) -> dict[str, str]:
        token = self.token_file.read_text("utf-8")
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | more

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        options.setdefault("headers", self.headers())
        url = f"{self.counter.url}/v1/{path}"
        return urllib3.request(method, url, retries=False, redirect=False, **options)

    def screen(self) -> v.Screen:
        return self.display.visit.screen

    @property
    def display(self) -> Kiosk:
        return self.counter.kiosk


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("counter")
    with serve(folder / "data") as service:
        policy = ServicePolicy(RELYING_PARTY, "xac-nhan", 0, POLICY)
        service.installation.access.put_policy(policy, operator="admin", at=AT)
        card, guid = service.active_card(CardType.INDIVIDUAL)
        photograph(service, guid)
        agent = folder / "agent"
        token = service.agent_token
        with running_kiosk(agent, service.url, token, RELYING_PARTY, CONFIG) as counter:
            made = Place(counter, service, card)
            await_that(lambda: is_up(made))
            yield made


@pytest.fixture(autouse=True)
def nobody_there(place: Place) -> Iterator[None]:
    yield
    place.counter.remove()
    place.ask("POST", "cancel", body=b"{}")
    await_that(lambda: place.screen() == v.Menu())


def is_up(place: Place) -> bool:
    try:
        return bool(json.loads(place.ask("GET", "state").data)["reader"])
    except urllib3.exceptions.HTTPError:
        return False


def run_sample(place: Place, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SAMPLE), place.counter.url, str(place.token_file), *arguments],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def hold_and_type(place: Place, pin: str = PIN) -> None:
    await_that(lambda: place.screen() == v.PlaceCard())
    place.counter.insert(place.card)
    await_that(lambda: isinstance(place.screen(), v.Pad))
    place.display.tell(i.Typed(pin))


def test_the_python_sample_verifies_a_card_at_x1(place: Place) -> None:
    running = run_sample(place, SERVICE, "X1")
    await_that(lambda: place.screen() == v.PlaceCard())
    place.counter.insert(place.card)
    printed, _ = running.communicate(timeout=120)
    assert running.returncode == 0, printed
    assert "card_in" in printed
    assert printed.splitlines()[-1].startswith("X1 ")


def test_the_python_sample_comes_to_x3_when_the_officer_has_looked(place: Place) -> None:
    running = run_sample(place, "xac-nhan", "X3", "--officer", "can-bo-lan")
    hold_and_type(place)
    printed, _ = running.communicate(timeout=120)
    assert running.returncode == 0, printed
    assert "photo_needed" in printed
    assert printed.splitlines()[-1].startswith("X3 ")
    result = place.screen()
    assert isinstance(result, v.Result)
    assert result.code == "photo_needed"
    assert PIN not in printed


def test_a_photo_of_somebody_else_ends_it(place: Place) -> None:
    told = follow(place)
    tap = verify(place, "xac-nhan", "X3")
    hold_and_type(place)
    assert told.next_of("photo_needed")["tap"] == tap
    body = json.dumps({"tap": tap, "officer": "can-bo-lan", "matches": False}).encode()
    assert place.ask("POST", "confirm-photo", body=body).status == 204
    assert told.next_of("photo_mismatch")["tap"] == tap
    again = json.dumps({"tap": tap, "officer": "can-bo-lan", "matches": True}).encode()
    assert place.ask("POST", "confirm-photo", body=again).status == 409


def portrait(place: Place, tap: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return place.ask("GET", f"portrait?tap={tap}", headers=place.headers(**headers))


def test_the_officer_gets_the_photo_to_be_matched_and_the_holders_screen_shows_none(
    place: Place,
) -> None:
    told = follow(place)
    tap = verify(place, "xac-nhan", "X3")
    assert portrait(place, tap).status == 404
    hold_and_type(place)
    told.next_of("photo_needed")
    got = portrait(place, tap, Origin=PAGE)
    assert (got.status, got.headers["Content-Type"]) == (200, "image/jpeg")
    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["Access-Control-Allow-Origin"] == PAGE
    assert got.data.startswith(b"\xff\xd8\xff")
    assert place.display.document()["portrait"] is None
    assert place.display.portrait(place.display.visit.step) is None
    assert portrait(place, "x" * 16).status == 409
    assert portrait(place, tap, Origin="https://evil.example").status == 403
    assert portrait(place, tap, Authorization="Bearer x").status == 401
    place.ask("POST", "cancel", body=b"{}")
    told.next_of("ended")
    assert portrait(place, tap).status == 404


def test_an_order_is_told_of_wrong_pins_and_can_be_taken_back(place: Place) -> None:
    told = follow(place)
    tap = verify(place, SERVICE, "X2")
    hold_and_type(place, "111222")
    failed = told.next_of("failed")
    assert (failed["tap"], failed["reason"], failed["part"]) == (tap, "pin_wrong", "pin")
    assert place.ask("POST", "cancel", body=b"{}").status == 204
    assert told.next_of("ended")["tap"] == tap
    assert place.screen() == v.TakeCard()
    place.counter.remove()
    assert told.next_of("card_removed")["reader"] == "front"


def test_who_comes_back_gets_what_was_missed(place: Place) -> None:
    told = follow(place)
    place.counter.insert(place.card)
    told.next_of("card_in")
    before = told.last_id - 1
    stream = place.ask("GET", f"events?after={before}", preload_content=False)
    lines = iter(stream)
    assert json.loads(next(one for one in lines if one.startswith(b"data"))[6:])["card"]
    assert next(one for one in lines if one.startswith(b"event")) == b"event: card_in\n"
    stream.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer " + "x" * 32}, 401),
        ({"Authorization": "Basic x"}, 401),
    ],
)
def test_without_the_token_nothing_is_told(
    place: Place, headers: dict[str, str], status: int
) -> None:
    for path in ("state", "events"):
        assert place.ask("GET", path, headers=headers).status == status
    assert place.ask("POST", "verify", headers=headers, body=b"{}").status == status


def test_only_pages_on_the_list_may_ask_and_are_told_so(place: Place) -> None:
    good = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Private-Network": "true",
    }
    allowed = place.ask("OPTIONS", "verify", headers=good)
    assert allowed.status == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
    assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"
    state = place.ask("GET", "state", headers=place.headers(Origin=PAGE))
    assert state.headers["Access-Control-Allow-Origin"] == PAGE
    for origin in ("https://evil.example", "null", PAGE + ".evil.example", "http://motcua.example"):
        evil = place.ask("OPTIONS", "verify", headers=good | {"Origin": origin})
        assert (evil.status, "Access-Control-Allow-Origin" in evil.headers) == (403, False)
        assert place.ask("GET", "state", headers=place.headers(Origin=origin)).status == 403
    rebound = place.headers(Host=f"evil.example:{place.counter.port}")
    assert place.ask("GET", "state", headers=rebound).status == 421


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"service":"a","level":"X0"}', b'{"service":"a","level":"X4"}',
     b'{"service":"a","level":"X1","pin":"135791"}'],
)  # fmt: skip
def test_an_order_of_another_form_is_none(place: Place, body: bytes) -> None:
    assert place.ask("POST", "verify", body=body).status == 400
    assert place.ask("POST", "confirm-photo", body=body).status == 400


def test_the_sample_page_is_there_where_it_was_asked_for(place: Place) -> None:
    page = urllib3.request("GET", f"{place.counter.url}/sample/")
    assert page.status == 200
    assert b"counter.js" in page.data


def test_the_sample_page_follows_and_verifies(place: Place, chromium: Browser) -> None:
    complaints: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(f"{place.counter.url}/sample/")
    page.locator("[name=token]").fill(place.token_file.read_text("utf-8"))
    page.get_by_role("button", name="Kết nối").click()
    page.get_by_role("button", name="Xác thực").click()
    await_that(lambda: place.screen() == v.PlaceCard())
    place.counter.insert(place.card)
    page.locator("li[data-kind=verified]").wait_for()
    page.get_by_role("button", name="Hủy").click()
    page.close()
    assert complaints == []


def test_the_sample_page_shows_whom_to_match_until_the_officer_has_answered(
    place: Place, chromium: Browser
) -> None:
    page = chromium.new_page()
    page.goto(f"{place.counter.url}/sample/")
    page.locator("[name=token]").fill(place.token_file.read_text("utf-8"))
    page.get_by_role("button", name="Kết nối").click()
    page.locator("[name=service]").fill("xac-nhan")
    page.locator("[name=level]").select_option("X3")
    page.get_by_role("button", name="Xác thực").click()
    hold_and_type(place)
    photo = page.get_by_role("img", name="Ảnh chủ thẻ")
    photo.wait_for()
    colours = "one => new Set(one.getContext('2d').getImageData(0, 0, 360, 480).data).size"
    assert photo.evaluate(colours) > 20
    assert accessibility_faults(page) == []
    page.locator("[name=officer]").fill("can-bo-lan")
    page.get_by_role("button", name="Đúng người").click()
    page.locator("li[data-kind=verified]").wait_for()
    photo.wait_for()  # the decision at X3 released it
    page.get_by_role("button", name="Hủy").click()
    photo.wait_for(state="hidden")
    assert page.locator("[data-portrait]").evaluate(colours) == 1
    page.close()


def verify(place: Place, service: str, level: str) -> str:
    body = json.dumps({"service": service, "level": level}).encode()
    answer = place.ask("POST", "verify", body=body)
    assert answer.status == 202
    return str(json.loads(answer.data)["tap"])


class Follower:
    """Reads the stream in a thread."""

    def __init__(self, stream: urllib3.BaseHTTPResponse) -> None:
        self._stream = stream
        self._heard: list[tuple[int, str, dict[str, Any]]] = []
        self._taken = 0
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def last_id(self) -> int:
        return self._heard[-1][0]

    def next_of(self, kind: str) -> dict[str, Any]:
        await_that(lambda: any(one[1] == kind for one in self._heard[self._taken :]))
        self._taken = next(
            at + 1 for at, one in enumerate(self._heard) if at >= self._taken and one[1] == kind
        )
        return self._heard[self._taken - 1][2]

    def _run(self) -> None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):  # the agent has ended
            self._read()

    def _read(self) -> None:
        number, kind = 0, ""
        for line in self._stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                number = int(value)
            elif name == "event":
                kind = value
            elif name == "data":
                self._heard.append((number, kind, json.loads(value)))


def follow(place: Place) -> Follower:
    told = Follower(place.ask("GET", "events", preload_content=False, timeout=30))
    told.next_of("state")
    return told
