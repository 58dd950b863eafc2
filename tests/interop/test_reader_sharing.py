"""Other programs, silent cards and a dying service: each costs a bounded time and a typed error."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from smartcard import scard

from cardsvc.card.piv import KeySlot
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent import bounded, pcsc
from reader_agent.pcsc import PcscConnection
from reader_agent.tap import Tap, tap_card
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.faults import FaultyCard, RemovedCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from reader_agent.virtual.state import CardState
from tests.support import pcscd
from tests.support.reader_watch import Holder
from tests.support.virtual_cards import put_key_and_certificate

pytestmark = pytest.mark.pcsc

ROOT = Path(__file__).parents[2]
PIN = "123456"
BOUND_SECONDS = 0.6


@pytest.fixture
def card() -> VirtualCard:
    state = CardState.factory()
    for slot in (KeySlot.AUTHENTICATION, KeySlot.CARD_AUTHENTICATION):
        put_key_and_certificate(state, slot, ec.generate_private_key(ec.SECP256R1()))
    return VirtualCard(state)


def tap(reader: VirtualPcscReader, level: AssuranceLevel = AssuranceLevel.X2) -> Tap:
    connection = PcscConnection(reader.name)
    try:
        return tap_card(
            connection,
            message=b"a bound message",
            nonce=bytes(32),
            agent="agent",
            level=level,
            ask_pin=lambda _tries: PIN,
        )
    finally:
        connection.close()


def try_to_open(reader: VirtualPcscReader) -> tuple[ReasonCode | None, float]:
    """Open and close the card; return why not, and after how many seconds."""
    started = time.monotonic()
    try:
        PcscConnection(reader.name, open_timeout_seconds=BOUND_SECONDS).close()
    except CardError as error:
        return error.reason, time.monotonic() - started
    return None, time.monotonic() - started


@pytest.mark.parametrize("exclusive", [True, False], ids=["exclusive", "transaction"])
def test_a_card_that_another_program_keeps(
    pcsc_reader: VirtualPcscReader, card: VirtualCard, exclusive: bool
) -> None:
    pcscd.insert(pcsc_reader, card)
    with Holder(pcsc_reader.name, exclusive=exclusive) as holder:
        for _ in range(3):
            reason, seconds = try_to_open(pcsc_reader)
            assert reason is ReasonCode.READER_BUSY
            assert BOUND_SECONDS <= seconds < pcsc.OPEN_TIMEOUT_SECONDS, "our bound, no other"
            assert bounded.leftover_count() <= 1
        holder.let_go()
    assert tap(pcsc_reader, AssuranceLevel.X1).cost.apdus > 3
    assert bounded.leftover_count() == 0


def test_a_card_that_is_let_go_while_we_wait(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    pcscd.insert(pcsc_reader, card)
    for exclusive in (True, False):
        with Holder(pcsc_reader.name, exclusive=exclusive) as holder:
            release = threading.Timer(0.3, holder.let_go)
            release.start()
            PcscConnection(pcsc_reader.name).close()
            release.join()


def test_a_connection_that_came_too_late_resets_nobody(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    """The call that was given up succeeds later; the card is another's by then."""
    pcscd.insert(pcsc_reader, card)
    with Holder(pcsc_reader.name, exclusive=False) as holder:
        assert try_to_open(pcsc_reader)[0] is ReasonCode.READER_BUSY
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        waiting = threading.Thread(target=holder.let_go)
        waiting.start()
        result, other, _ = scard.SCardConnect(
            context, pcsc_reader.name, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
        )
        waiting.join()
        assert result == scard.SCARD_S_SUCCESS
        deadline = time.monotonic() + 60
        while bounded.leftover_count() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert bounded.leftover_count() == 0
        assert scard.SCardBeginTransaction(other) == scard.SCARD_S_SUCCESS
        scard.SCardReleaseContext(context)


def test_a_card_that_was_reset_by_another_program(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    pcscd.insert(pcsc_reader, card)
    connection = PcscConnection(pcsc_reader.name)
    session = PivSession(connection)
    session.select()
    # As after the end of a transaction, and on systems that break it: the card is not ours alone.
    scard.SCardEndTransaction(connection._card, scard.SCARD_LEAVE_CARD)
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, other, _ = scard.SCardConnect(
        context, pcsc_reader.name, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
    )
    scard.SCardDisconnect(other, scard.SCARD_RESET_CARD)
    scard.SCardReleaseContext(context)
    with pytest.raises(CardError) as caught:
        session.pin_tries_left()
    assert caught.value.reason is ReasonCode.CARD_RESET
    pcsc._begin_transaction(connection._card)
    session.select()
    assert session.pin_tries_left() == 3
    connection.close()


def test_a_card_pulled_out_at_each_apdu_of_a_tap(
    private_pcscd: PrivatePcscd, card: VirtualCard
) -> None:
    readers = private_pcscd.readers
    pcscd.insert(readers[0], card)
    apdus = tap(readers[0]).cost.apdus
    readers[0].slot.remove()
    assert apdus > 6
    try:
        for at in range(1, apdus + 1):
            reader = readers[at % len(readers)]
            pcscd.insert(reader, RemovedCard(card, at))
            with pytest.raises(CardError) as caught:
                tap(reader)
            assert caught.value.reason is ReasonCode.CARD_REMOVED, at
        pcscd.insert(readers[0], card)
        assert tap(readers[0]).cost.apdus == apdus
    finally:
        for reader in readers:
            reader.slot.remove()


class TriggeringCard(FaultyCard):
    """Does something before it answers the n-th APDU."""

    def __init__(self, card: VirtualCard, at: int, trigger: Callable[[], object]) -> None:
        super().__init__(card)
        self._at = at
        self._trigger = trigger

    def answer(self, command: bytes) -> bytes:
        if self.apdus == self._at:
            self._trigger()
        return super().answer(command)


@pytest.mark.parametrize("at", [1, 4])
def test_the_service_is_killed_in_the_middle_of_a_tap(
    private_pcscd: PrivatePcscd, pcsc_reader: VirtualPcscReader, card: VirtualCard, at: int
) -> None:
    killer = TriggeringCard(card, at, lambda: pcscd.crash(private_pcscd))
    pcscd.insert(pcsc_reader, killer)
    try:
        with pytest.raises(CardError) as caught:
            tap(pcsc_reader)
        assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE
        with pytest.raises(CardError) as caught:
            tap(pcsc_reader)
        assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE
    finally:
        private_pcscd.start_service()
    pcscd.wait_for(pcsc_reader, pcsc.STATE_PRESENT)
    assert tap(pcsc_reader).cost.apdus > 6
    assert bounded.leftover_count() == 0


def test_a_card_that_never_answers(pcsc_reader: VirtualPcscReader, card: VirtualCard) -> None:
    answers = threading.Event()
    pcscd.insert(pcsc_reader, TriggeringCard(card, 2, answers.wait))
    connection = PcscConnection(pcsc_reader.name, transmit_timeout_seconds=0.3)
    session = PivSession(connection)
    session.select()
    for reason in (ReasonCode.CARD_SILENT, ReasonCode.CARD_REMOVED):
        with pytest.raises(CardError) as caught:
            session.pin_tries_left()
        assert caught.value.reason is reason
    connection.close()
    for _ in range(3):
        assert try_to_open(pcsc_reader)[0] is ReasonCode.READER_BUSY
        assert bounded.leftover_count() == 1
    answers.set()
    assert tap(pcsc_reader).cost.apdus > 6
    assert bounded.leftover_count() == 0


def test_many_taps_leave_no_thread_behind(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    pcscd.insert(pcsc_reader, card)
    tap(pcsc_reader)
    before = threading.active_count()
    for _ in range(50):
        tap(pcsc_reader, AssuranceLevel.X1)
    assert threading.active_count() <= before
    assert bounded.leftover_count() == 0


_EXITS = """\
import sys
from cardsvc.errors import CardError
from reader_agent import bounded
from reader_agent.pcsc import PcscConnection
try:
    PcscConnection(sys.argv[1], open_timeout_seconds=0.3)
except CardError as error:
    print(error.reason.value, bounded.leftover_count())
"""


def test_a_thread_left_behind_does_not_keep_the_process(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    pcscd.insert(pcsc_reader, card)
    with Holder(pcsc_reader.name, exclusive=False):
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", _EXITS, pcsc_reader.name],
            cwd=ROOT,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "reader_busy 1\n", "")
        assert time.monotonic() - started < 10
