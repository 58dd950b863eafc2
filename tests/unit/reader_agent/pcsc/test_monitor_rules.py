"""The monitor's rules over a context that plays back states: what pcscd seldom does on command."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from smartcard import scard

from cardsvc.errors import CardError, ReasonCode
from reader_agent import events as told
from reader_agent.monitor import READER_CAP, ReaderMonitor
from reader_agent.pcsc import PNP_NOTIFICATION

PRESENT, MUTE = scard.SCARD_STATE_PRESENT, scard.SCARD_STATE_PRESENT | scard.SCARD_STATE_MUTE
EMPTY, UNKNOWN = scard.SCARD_STATE_EMPTY, scard.SCARD_STATE_UNKNOWN
ATR = b"\x3b\x00"

Change = list[tuple[str, int, bytes]]
Step = Callable[[], Change]


def counted(count: int, state: int) -> int:
    return (count << 16) | state


def change(name: str, state: int) -> Step:
    return lambda: [(name, state, ATR)]


def fails(reason: ReasonCode) -> Step:
    def step() -> Change:
        raise CardError(reason, "played")

    return step


class PlayedService:
    """A PC/SC context that answers as written down, then ends the watch."""

    def __init__(self, listings: list[list[str]], steps: list[Step]) -> None:
        self.stop = threading.Event()
        self._listings = iter(listings)
        self._last: list[str] = []
        self._steps: Iterator[Step] = iter(steps)
        self.opened = self.released = 0
        self.watched: list[list[str]] = []

    def open(self) -> PlayedService:
        self.opened += 1
        return self

    def list_readers(self) -> list[str]:
        self._last = next(self._listings, self._last)
        return self._last

    def status_change(self, states: list[tuple[str, int]], timeout_seconds: float) -> Change:
        self.watched.append([name for name, _ in states])
        step = next(self._steps, None)
        if step is None:
            self.stop.set()
            return []
        return step()

    def release(self) -> None:
        self.released += 1

    def play(self) -> list[told.ReaderEvent]:
        return list(ReaderMonitor(self.open).events(self.stop))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([change("r", EMPTY)], []),
        ([change("r", PRESENT)], [told.CardInserted("r", ATR)]),
        (
            [change("r", counted(1, PRESENT)), change("r", counted(1, PRESENT | 0x100))],
            [told.CardInserted("r", ATR)],
        ),
        (
            [change("r", counted(0xFFFF, PRESENT)), change("r", counted(1, PRESENT))],
            [told.CardInserted("r", ATR), told.CardRemoved("r"), told.CardInserted("r", ATR)],
        ),
        (
            [change("r", MUTE), change("r", MUTE), change("r", EMPTY)],
            [told.CardMute("r"), told.CardRemoved("r")],
        ),
        (
            [change("r", counted(1, MUTE)), change("r", counted(3, MUTE))],
            [told.CardMute("r"), told.CardRemoved("r"), told.CardMute("r")],
        ),
        (
            [change("r", MUTE), change("r", PRESENT)],
            [told.CardMute("r"), told.CardRemoved("r"), told.CardInserted("r", ATR)],
        ),
        ([change("stranger", PRESENT)], []),
    ],
)
def test_states_become_events(steps: list[Step], expected: list[told.ReaderEvent]) -> None:
    assert PlayedService([["r"]], steps).play() == [
        told.ServiceBack(),
        told.ReaderAdded("r"),
        *expected,
    ]


def test_a_reader_that_leaves_takes_its_card_along() -> None:
    service = PlayedService([["a", "b"], ["a", "b"], ["b"]], [change("a", PRESENT), list])
    assert service.play()[3:] == [
        told.CardInserted("a", ATR),
        told.CardRemoved("a"),
        told.ReaderRemoved("a"),
    ]


def test_a_reader_that_leaves_between_listing_and_waiting_is_no_fault_of_the_service() -> None:
    service = PlayedService([["a", "b"], ["b"]], [fails(ReasonCode.NO_READER)])
    assert service.play() == [
        told.ServiceBack(),
        told.ReaderAdded("a"),
        told.ReaderAdded("b"),
        told.ReaderRemoved("a"),
    ]
    assert (service.opened, service.released) == (1, 1)


def test_a_reader_in_an_unknown_state_is_listed_anew() -> None:
    service = PlayedService([["a"]], [change("a", PRESENT), change("a", UNKNOWN)])
    assert service.play()[2:] == [
        told.CardInserted("a", ATR),
        told.CardRemoved("a"),
        told.ReaderRemoved("a"),
        told.ReaderAdded("a"),
    ]


def test_every_fault_costs_a_new_context_and_a_wait() -> None:
    faults = [fails(ReasonCode.SERVICE_UNAVAILABLE)] * 3
    service = PlayedService([["a"]], [change("a", PRESENT), *faults])
    back = [told.ServiceBack(), told.ReaderAdded("a")]
    lost = told.ServiceLost(ReasonCode.SERVICE_UNAVAILABLE, "played")
    assert service.play() == [
        *back, told.CardInserted("a", ATR), lost, told.CardRemoved("a"), told.ReaderRemoved("a"),
        *back, lost, told.ReaderRemoved("a"),
        *back, lost, told.ReaderRemoved("a"),
        *back,
    ]  # fmt: skip
    assert (service.opened, service.released) == (4, 4)


def test_a_refusal_is_told_once_with_its_reason() -> None:
    stop = threading.Event()
    attempts = 0

    def refused() -> PlayedService:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            stop.set()
        raise CardError(ReasonCode.ACCESS_DENIED, "polkit")

    events = list(ReaderMonitor(refused).events(stop))
    assert events == [told.ServiceLost(ReasonCode.ACCESS_DENIED, "polkit")]


def test_the_cap_is_told_when_it_is_reached() -> None:
    names = [f"reader {number}" for number in range(READER_CAP)]
    events = PlayedService([names[:-1], names], [list]).play()
    assert events[-2:] == [told.ReaderAdded(names[-1]), told.ReaderCapReached(READER_CAP)]
    assert sum(isinstance(event, told.ReaderCapReached) for event in events) == 1


def test_no_more_is_watched_at_once_than_pcsc_lite_takes() -> None:
    names = [f"reader {number}" for number in range(READER_CAP)]
    service = PlayedService([names[:-1], names], [list, list])
    service.play()
    assert [len(watched) for watched in service.watched] == [READER_CAP, READER_CAP, READER_CAP]
    assert [PNP_NOTIFICATION in watched for watched in service.watched] == [True, False, False]
