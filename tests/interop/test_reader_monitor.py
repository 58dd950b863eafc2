"""The reader monitor against a real pcscd: cards, mute cards, and the service's ends."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.events import (
    CardInserted,
    CardMute,
    CardRemoved,
    ReaderAdded,
    ReaderEvent,
    ReaderRemoved,
    ServiceBack,
    ServiceLost,
)
from reader_agent.monitor import ReaderMonitor
from reader_agent.pcsc import SERVICE_TIMEOUT_SECONDS, PcscConnection
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.faults import FaultyCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from reader_agent.virtual.state import ATR_EXTENDED, ATR_SHORT, CardOptions, CardState
from tests.support import pcscd
from tests.support.reader_watch import Watch

pytestmark = pytest.mark.pcsc


def card(*, short: bool = False) -> VirtualCard:
    return VirtualCard(CardState.factory(options=CardOptions(short_apdus_only=short)))


class MuteCard(FaultyCard):
    """Is there, and answers each reset with more octets than an ATR has: the driver gives up."""

    def __init__(self) -> None:
        super().__init__(card())
        self._was_reset = False

    def power_on(self) -> None:
        self._was_reset = True

    @property
    def atr(self) -> bytes:
        just_reset, self._was_reset = self._was_reset, False
        return bytes(40) if just_reset else ATR_EXTENDED


@pytest.fixture
def two_readers(private_pcscd: PrivatePcscd) -> Iterator[list[VirtualPcscReader]]:
    readers = private_pcscd.readers[:2]
    for reader in readers:
        reader.slot.remove()
        pcscd.wait_for(reader, pcscd.STATE_EMPTY)
    yield readers
    for reader in readers:
        reader.slot.remove()


def test_cards_that_were_there_before_and_cards_that_come_and_go(
    private_pcscd: PrivatePcscd, two_readers: list[VirtualPcscReader]
) -> None:
    first, second = two_readers
    pcscd.insert(first, card())
    with Watch() as watch:
        told = watch.until(CardInserted(first.name, ATR_EXTENDED))
        everyone = [ReaderAdded(reader.name) for reader in private_pcscd.readers]
        assert told[:-1] == [ServiceBack(), *everyone]
        second.slot.insert(card(short=True))
        assert watch.until(CardInserted) == [CardInserted(second.name, ATR_SHORT)]
        first.slot.remove()
        assert watch.until(CardRemoved) == [CardRemoved(first.name)]
        first.slot.insert(card(short=True))
        assert watch.until(CardInserted) == [CardInserted(first.name, ATR_SHORT)]
        second.slot.remove()
        assert watch.until(CardRemoved) == [CardRemoved(second.name)]
        assert watch.stop() < SERVICE_TIMEOUT_SECONDS


def test_a_card_that_was_swapped_behind_the_monitors_back(
    two_readers: list[VirtualPcscReader],
) -> None:
    reader, _ = two_readers
    pcscd.insert(reader, card())
    events = ReaderMonitor().events(threading.Event())
    while next(events) != CardInserted(reader.name, ATR_EXTENDED):
        pass
    reader.slot.remove()
    pcscd.wait_for(reader, pcscd.STATE_EMPTY)
    pcscd.insert(reader, card(short=True))
    assert next(events) == CardRemoved(reader.name)
    assert next(events) == CardInserted(reader.name, ATR_SHORT)
    events.close()


def test_a_card_that_does_not_answer_is_told_and_can_leave(
    two_readers: list[VirtualPcscReader],
) -> None:
    reader, _ = two_readers
    with Watch() as watch:
        reader.slot.insert(MuteCard())
        assert watch.until(CardMute)[-1] == CardMute(reader.name)
        with pytest.raises(CardError) as caught:
            PcscConnection(reader.name)
        assert caught.value.reason is ReasonCode.CARD_SILENT
        reader.slot.remove()
        assert watch.until(CardRemoved) == [CardRemoved(reader.name)]


def test_the_service_dies_and_comes_back(
    private_pcscd: PrivatePcscd, two_readers: list[VirtualPcscReader]
) -> None:
    reader, _ = two_readers
    names = [reader.name for reader in private_pcscd.readers]
    with Watch() as watch:
        pcscd.insert(reader, card())
        watch.until(CardInserted)
        pcscd.crash(private_pcscd)
        told = watch.until(ReaderRemoved(names[-1]))
        assert isinstance(told[0], ServiceLost)
        assert told[0].reason is ReasonCode.SERVICE_UNAVAILABLE
        gone: list[ReaderEvent] = [ReaderRemoved(name) for name in names]
        assert told[1:] == [CardRemoved(reader.name), *gone]
        private_pcscd.start_service()
        told = watch.until(CardInserted)
        assert told[0] == ServiceBack()
        assert {event for event in told if isinstance(event, ReaderAdded)} == {
            ReaderAdded(name) for name in names
        }
        assert told[-1] == CardInserted(reader.name, ATR_EXTENDED)
        assert sum(isinstance(event, ServiceLost) for event in told) == 0


def test_no_service_at_all_is_said_once_and_stopping_is_quick(
    private_pcscd: PrivatePcscd,
) -> None:
    private_pcscd.stop_service()
    try:
        with Watch() as watch:
            assert len(watch.until(ServiceLost)) == 1
            time.sleep(0.5)  # several attempts to open a context
            assert watch.stop() < SERVICE_TIMEOUT_SECONDS
            assert watch.left() == []
    finally:
        private_pcscd.start_service()


def test_a_service_that_hangs_is_lost_and_found_again(
    private_pcscd: PrivatePcscd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reader_agent.pcsc.SERVICE_TIMEOUT_SECONDS", 0.5)
    with Watch() as watch:
        watch.until(ServiceBack)
        os.kill(pcscd.pid(private_pcscd), signal.SIGSTOP)
        try:
            watch.until(ServiceLost)
        finally:
            os.kill(pcscd.pid(private_pcscd), signal.SIGCONT)
        watch.until(ServiceBack)
