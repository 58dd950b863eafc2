"""Of all that lies in the readers, the desk works on one card, or says why on none."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cardsvc.desk_records import ReaderState
from cardsvc.errors import ReasonCode
from reader_agent import events
from reader_agent.desk_readers import (
    ReaderView,
    SeenCard,
    WatchedReaders,
    choose_card,
    view_after,
)
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState

EMPTY, CARD, MUTE = ReaderState
CONTACT, AIR = "ACS ACR1281 ICC 00", "ACS ACR1281 PICC 01"


def seen(wanted: str = "", **readers: ReaderState) -> SeenCard:
    named = {CONTACT: readers.get("contact"), AIR: readers.get("air")}
    view = ReaderView(True, {name: state for name, state in named.items() if state})
    return choose_card(view, wanted)


def test_the_one_card_is_meant_in_whichever_reader_it_is() -> None:
    assert seen(contact=EMPTY, air=CARD).reader == AIR
    assert seen(contact=CARD, air=EMPTY).reader == CONTACT
    assert seen("picc 01", contact=CARD, air=CARD).reader == AIR
    assert seen("acr1281", contact=CARD, air=EMPTY).reader == CONTACT


@pytest.mark.reason(ReasonCode.SEVERAL_CARDS)
@pytest.mark.parametrize("other", [CARD, MUTE])
def test_of_two_cards_none_is_taken(other: ReaderState) -> None:
    assert seen(contact=CARD, air=other) == SeenCard(reason=ReasonCode.SEVERAL_CARDS)


@pytest.mark.reason(ReasonCode.CARD_SILENT)
@pytest.mark.reason(ReasonCode.NO_CARD)
@pytest.mark.reason(ReasonCode.NO_READER)
def test_why_there_is_no_card_is_told_apart() -> None:
    assert seen(contact=EMPTY).reason is ReasonCode.NO_CARD
    assert seen(contact=MUTE).reason is ReasonCode.CARD_SILENT
    assert seen().reason is ReasonCode.NO_READER
    assert seen("Omnikey", contact=CARD).reason is ReasonCode.NO_READER
    assert choose_card(ReaderView(), "").reason is ReasonCode.SERVICE_UNAVAILABLE


def test_a_name_that_is_whole_means_that_reader_alone() -> None:
    view = ReaderView(True, {"Reader 1": EMPTY, "Reader 11": CARD})
    assert choose_card(view, "Reader 1").reason is ReasonCode.NO_CARD


def test_an_exchanged_card_is_another_insertion() -> None:
    view = ReaderView()
    for event in (
        events.ServiceBack(),
        events.ReaderAdded(CONTACT),
        events.CardInserted(CONTACT, b"\x3b"),
    ):
        view = view_after(view, event)
    first = choose_card(view, "")
    for event in (events.CardRemoved(CONTACT), events.CardInserted(CONTACT, b"\x3b")):
        view = view_after(view, event)
    second = choose_card(view, "")
    assert first.reader == second.reader == CONTACT
    assert first.insertion != second.insertion
    assert view_after(view, events.ReaderRemoved(CONTACT)).readers == {}
    assert view_after(view, events.CardMute(CONTACT)).readers == {CONTACT: MUTE}
    lost = view_after(view, events.ServiceLost(ReasonCode.SERVICE_UNAVAILABLE, ""))
    assert (lost.pcsc, lost.readers) == (False, {})


def test_the_picture_follows_the_readers() -> None:
    go = threading.Event()

    def watch(stop: threading.Event) -> Iterator[events.ReaderEvent]:
        yield events.ServiceBack()
        go.wait(60)
        yield events.ReaderAdded(CONTACT)
        yield events.CardInserted(CONTACT, b"\x3b")
        stop.wait(60)

    readers = WatchedReaders(watch, lambda _: connect_in_process(VirtualCard(CardState.factory())))
    go.set()
    while choose_card(readers.view(), "").reader is None:
        readers.wait(1.0)
    readers.open(CONTACT).close()
    readers.close()
