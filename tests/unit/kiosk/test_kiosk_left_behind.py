"""Work at a kiosk that the person has left behind, before it began."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from reader_agent import events
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.machine import tasks_of
from reader_agent.kiosk.part import Kiosk
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import VirtualReader
from reader_agent.virtual.faults import FaultyCard
from reader_agent.virtual.state import CardState
from tests.support.kiosk import CONFIG, READER, await_that, kiosk_tools

DOSSIER = tasks_of(CONFIG)[1]


class HeldCard(FaultyCard):
    """A card that answers nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__(VirtualCard(CardState.factory()))
        self.let_go = threading.Event()
        self.powered = 0

    def power_on(self) -> None:
        self.powered += 1
        super().power_on()

    def answer(self, command: bytes) -> bytes:
        assert self.let_go.wait(120)
        return super().answer(command)


def test_what_waited_its_turn_until_the_person_had_left_touches_no_card(tmp_path: Path) -> None:
    reader, card, stop, passed = VirtualReader(READER), HeldCard(), threading.Event(), [0.0]
    service, others = "http://127.0.0.1:9", set(threading.enumerate())

    def at_work() -> int:
        return sum(one.name == "kiosk work" for one in set(threading.enumerate()) - others)

    with kiosk_tools(tmp_path, service, "t" * 43, "trung-tam-hcc", reader=reader) as tools:
        kiosk = Kiosk(CONFIG, replace(tools, monotonic=lambda: passed[0]))
        reader.insert(card)
        tools.readers.take(events.ServiceBack())
        tools.readers.take(events.ReaderAdded(READER))
        tools.readers.take(events.CardInserted(READER, b";"))
        thread = threading.Thread(target=kiosk.run, args=(stop,))
        thread.start()
        try:
            until_shown(kiosk, v.Menu)
            kiosk.tell(i.Chosen(DOSSIER))
            await_that(lambda: card.apdus == 1)
            passed[0] += 600
            until_shown(kiosk, v.Trouble)
            kiosk.tell(i.TryAgain())
            await_that(lambda: at_work() == 2)
            passed[0] += 600
            until_shown(kiosk, v.Trouble)
            card.let_go.set()
            await_that(lambda: at_work() == 0)
            assert card.powered == 1
        finally:
            card.let_go.set()
            stop.set()
            thread.join(60)


def until_shown(kiosk: Kiosk, screen: type[v.Screen]) -> None:
    await_that(lambda: isinstance(kiosk.visit.screen, screen))
