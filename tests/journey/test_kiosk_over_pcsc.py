"""A kiosk as ``reader-agent run`` assembles it, over a real pcscd that is killed in mid visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.machine import tasks_of
from reader_agent.kiosk.part import Kiosk
from reader_agent.tap_cli import tap
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd
from tests.support.installations import AT, PIN, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.kiosk import CONFIG, await_that
from tests.support.kiosk_screen import WIDE, look
from tests.support.pcsc_kiosk import kiosk_of
from tests.support.pin_pads import PinPadReader
from tests.support.triggered_card import TriggeredCard
from verification.policy.simple import simple_policy

pytestmark = pytest.mark.pcsc
QUEUE, DOSSIER = tasks_of(CONFIG)[:2]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        signing = simple_policy(RELYING_PARTY, "ky-ho-so", minimum_level=AssuranceLevel.X2)
        running.installation.access.put_policy(signing, operator="admin", at=AT)
        yield running


def shows(kiosk: Kiosk, screen: type[object]) -> None:
    await_that(lambda: isinstance(kiosk.visit.screen, screen))


def test_a_visit_lives_through_the_end_and_return_of_pcscd(
    service: ServiceUnderTest,
    private_pcscd: PrivatePcscd,
    pcsc_reader: VirtualPcscReader,
    tmp_path: Path,
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    with kiosk_of(service, pcsc_reader.name, tmp_path) as kiosk:
        await_that(lambda: not kiosk.in_use)
        kiosk.tell(i.Chosen(DOSSIER))
        shows(kiosk, v.PlaceCard)
        assert kiosk.in_use
        pcscd.insert(pcsc_reader, card)
        shows(kiosk, v.Pad)
        pcscd.crash(private_pcscd)
        await_that(lambda: kiosk.visit.screen == v.Trouble(ReasonCode.NO_READER))
        private_pcscd.start_service()
        shows(kiosk, v.Pad)
        kiosk.tell(i.Typed("111222"))
        await_that(lambda: kiosk.visit.screen == v.Pad(v.Ask.PIN, 2, ReasonCode.PIN_WRONG))
        kiosk.tell(i.Typed(PIN))
        shows(kiosk, v.Result)
        assert kiosk.document()["good"]
        pcsc_reader.slot.remove()
        await_that(lambda: not kiosk.visit.card)


def test_a_card_pulled_in_the_middle_of_a_tap_is_told_as_such(
    service: ServiceUnderTest, pcsc_reader: VirtualPcscReader, tmp_path: Path
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    taken = TriggeredCard(card, at=2, happen=pcsc_reader.slot.remove)
    with kiosk_of(service, pcsc_reader.name, tmp_path) as kiosk:
        kiosk.tell(i.Chosen(QUEUE))
        shows(kiosk, v.PlaceCard)
        pcscd.insert(pcsc_reader, taken)
        await_that(lambda: kiosk.visit.screen == v.Trouble(ReasonCode.CARD_REMOVED))
        pcscd.insert(pcsc_reader, card)
        shows(kiosk, v.Result)
        assert kiosk.document()["good"]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_a_pin_is_typed_at_the_readers_own_pad(
    service: ServiceUnderTest, pin_pad: PinPadReader, page: Page, tmp_path: Path
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    with kiosk_of(service, pin_pad.name, tmp_path) as kiosk:
        page.goto((tmp_path / "state" / "kiosk.html").as_uri())
        page.get_by_role("button", name="Nộp hồ sơ").click()
        page.get_by_role("heading", name="Đặt thẻ lên đầu đọc").wait_for()
        pcscd.insert(pin_pad.reader, card)
        page.get_by_role("heading", name="Nhập mã PIN trên đầu đọc thẻ").wait_for()
        page.get_by_text("Còn 3 lần thử").wait_for()
        assert page.locator(".keys, .dots").count() == 0
        look(page)
        page.keyboard.type(PIN)  # nothing that is typed here goes anywhere
        page.keyboard.press("Enter")
        pin_pad.keys.press("111222E")
        page.get_by_role("heading", name="Mã PIN không đúng").wait_for()
        page.get_by_role("button", name="Thử lại").click()
        page.get_by_text("Còn 2 lần thử").wait_for()
        pin_pad.keys.press(PIN + "E")
        page.get_by_role("heading", name="Xác thực thành công").wait_for()
        assert isinstance(kiosk.visit.screen, v.Result)


@pytest.mark.parametrize(("keys", "ends"), [(PIN + "E", 0), ("C", 2)])
def test_the_tap_command_has_the_pin_typed_at_the_reader(
    service: ServiceUnderTest, pin_pad: PinPadReader, tmp_path: Path, keys: str, ends: int
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    pcscd.insert(pin_pad.reader, card)
    token = tmp_path / "token"
    token.write_text(service.agent_token, "ascii")
    pin_pad.keys.press(keys)
    done = CliRunner().invoke(
        tap,
        ["--reader", pin_pad.name, "--service-url", service.url, "--token-file", str(token),
         "--relying-party", RELYING_PARTY, "--service", "ky-ho-so", "--level", "X2"],
    )  # fmt: skip
    assert "Nhập mã PIN trên đầu đọc" in done.output
    assert done.exit_code == ends, done.output
    assert pin_pad.keys.used
