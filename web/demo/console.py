"""``cardsvc demo --console``: a furnished service to click through, with a virtual desk."""

from __future__ import annotations

import io
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from cardsvc.access_records import Role
from cardsvc.errors import CardsvcError
from reader_agent.virtual.card import VirtualCard
from web.app import create_app
from web.bootstrap import open_installation
from web.console.navigation import ROLE_TEXTS
from web.demo import story
from web.demo.kiosk_page import KioskPlace, open_kiosk
from web.demo.narrator import Narrator
from web.demo.rig import Place, card_in, open_rig
from web.demo.staff import Colleague, add_staff
from web.demo.town import Seeded, seed
from web.demo.virtual_desk import DeskPlace, SharedTerminal, new_blank, open_desk
from web.housekeeping.background import HousekeepingThread
from web.housekeeping_wiring import wire_housekeeping
from web.loopback import on_loopback
from web.settings import Settings

PASSWORD = "trang soi ben Ngu"  # noqa: S105 - of a demonstration that ends with its process
_ENDED_BY = {"SIGTERM", "SIGHUP"}
"""As by Ctrl-C: the kiosk's process ends, too, and nothing stays in the temporary folder."""
_SOME_TIME_AGO = timedelta(minutes=5)
_HELP = (
    ("Enter", "mã đăng nhập của mọi người", "everybody's sign-in codes, as they are now"),
    ("phoi", "đặt một phôi mới vào đầu đọc của bàn", "put a new blank into the desk's reader"),
    ("the 1", "đặt thẻ số 1 vào đầu đọc của bàn", "put card 1 into the desk's reader"),
    ("lay", "lấy thẻ ra", "take the card out"),
    ("cham", "chạm thẻ đang ở bàn vào ki-ốt", "tap the desk's card at the kiosk"),
    ("kiot 1", "đặt thẻ số 1 vào trang ki-ốt; kiot: lấy ra", "put card 1 in at the kiosk's page"),
    ("thoat", "kết thúc", "end"),
)


@dataclass
class _Room:
    """The terminal's commands and what they act on."""

    stage: story.Stage
    agents: story.Agents
    staff: Mapping[Role, Colleague]
    desk: DeskPlace
    kiosk: Place
    seeded: Seeded
    kiosk_page: KioskPlace | None = None
    cards: list[VirtualCard] = field(default_factory=list)
    blanks_taken: int = 0

    def obey(self, line: str) -> bool:
        """Do what was typed; return whether to go on."""
        word, _, rest = line.strip().lower().partition(" ")
        say = self.stage.narrator.say
        if word == "":
            self.codes()
        elif word in {"phoi", "blank"}:
            self._put_blank()
        elif word in {"the", "card"} and rest.isdecimal() and 0 < int(rest) <= len(self.cards):
            self.desk.put(self.cards[int(rest) - 1])
            say(f"thẻ {rest} ở trong đầu đọc – card {rest} is in the reader")
        elif word in {"lay", "out"}:
            self.desk.take_out()
        elif word in {"cham", "tap"}:
            self._tap()
        elif word in {"kiot", "kiosk"}:
            self._at_kiosk(rest)
        elif word in {"thoat", "quit"}:
            return False
        else:
            self.help()
        return True

    def help(self) -> None:
        """Say what may be typed."""
        for word, vi, en in _HELP:
            self.stage.narrator.say(f"  [bold]{word:<7}[/] {vi} – {en}")

    def codes(self) -> None:
        """Say what everybody's authenticator app shows now."""
        at = self.stage.installation.clock.now()
        for role, one in self.staff.items():
            text = ROLE_TEXTS[role]
            self.stage.narrator.say(
                f"  [bold]{one.id:<6}[/] {one.code(at)}  {one.name} · {text.vi} – {text.en}"
            )

    def _put_blank(self) -> None:
        card = VirtualCard(new_blank())
        self.cards.append(card)
        serial = self.seeded.blanks[self.blanks_taken % len(self.seeded.blanks)]
        self.blanks_taken += 1
        self.desk.put(card)
        self.stage.narrator.say(
            f"phôi [bold]{serial}[/] ở trong đầu đọc – is in the reader; từ nay là thẻ "
            f"{len(self.cards)} – from now on card {len(self.cards)}"
        )

    def _at_kiosk(self, number: str) -> None:
        say, page = self.stage.narrator.say, self.kiosk_page
        if page is None:
            say("trang ki-ốt không chạy – the kiosk's page does not run")
        elif number.isdecimal() and 0 < int(number) <= len(self.cards):
            page.put(self.cards[int(number) - 1])
            say(f"thẻ {number} ở trong ki-ốt – card {number} is in the kiosk")
        else:
            page.take_out()

    def _tap(self) -> None:
        card, tell = self.desk.card, self.stage.narrator.step
        if card is None:
            self.stage.narrator.say("không có thẻ ở bàn – no card at the desk")
            return
        self.desk.take_out()
        try:
            with card_in(self.kiosk, card) as place:
                decision, _ = story.tap(self.agents, place)
        except CardsvcError as error:
            tell("Ki-ốt", error.reason.value, good=False)
            return
        shown = decision.holder_name or decision.message_vi or ""
        tell("Ki-ốt", f"{decision.code} · {shown}", good=decision.granted)


def run_console() -> None:
    """Serve a furnished service until ``thoat``, Ctrl-C, or a signal.

    Raises:
        DemoFailed: it could not be furnished.
    """
    for name in _ENDED_BY & set(signal.Signals.__members__):
        signal.signal(signal.Signals[name], signal.default_int_handler)
    narrator = Narrator()
    with tempfile.TemporaryDirectory(prefix="cardsvc-demo-") as folder, open_rig() as rig:
        installation = open_installation(Settings(data_dir=Path(folder)))
        try:
            with on_loopback(create_app(installation.services)) as url:
                silent = Narrator(Console(file=io.StringIO()))
                narrator.say("đang chuẩn bị dữ liệu mẫu – making things up …")
                quiet = story.Stage(installation, url, rig, silent)
                agents = story.prepare(quiet)
                seeded = seed(quiet, agents)
                ago = installation.clock.now() - _SOME_TIME_AGO
                staff = add_staff(installation.services.console, PASSWORD, ago)
                stage = story.Stage(installation, url, rig, narrator)
                desk, screen = DeskPlace(rig.desk), SharedTerminal(narrator)
                plan = story.kiosk_plan(quiet, _free_port())
                keeping = HousekeepingThread(wire_housekeeping(installation))
                with open_kiosk(Path(folder) / "ki-ot", plan) as page:
                    cards = list(seeded.cards)
                    room = _Room(stage, agents, staff, desk, rig.kiosk, seeded, page, cards)
                    _welcome(room)
                    keeping.start()
                    with open_desk(desk, agents.desk, screen):
                        _read_terminal(room, screen)
                    keeping.stop()
                desk.take_out()
        finally:
            installation.close()


def _welcome(room: _Room) -> None:
    say = room.stage.narrator.say
    say(f"\n[bold]{room.stage.base_url}/console[/]  ·  {room.stage.rig.description}")
    say(f"mật khẩu của mọi người – everybody's password: [bold]{PASSWORD}[/]\n")
    room.codes()
    say(f"\nthẻ – cards: 1–{len(room.cards)} · bàn – desk: {story.DESK_AGENT}")
    if room.kiosk_page is not None:
        say(f"trang ki-ốt – the kiosk's page: [bold]{room.kiosk_page.page.as_uri()}[/]")
        say(f"PIN: [bold]{story.HOLDER_PIN}[/]")
    room.help()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
    return port


def _read_terminal(room: _Room, screen: SharedTerminal) -> None:
    try:
        for line in sys.stdin:
            if not screen.answer(line.rstrip("\n")) and not room.obey(line):
                return
        threading.Event().wait()  # nobody types: a service in the background
    except KeyboardInterrupt:
        room.stage.narrator.say("")
