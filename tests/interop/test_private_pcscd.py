"""Virtual cards come and go in the private pcscd, several at once, through a restart."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from reader_agent.pcsc import PcscConnection, list_readers
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.faults import Tear, TornCard
from reader_agent.virtual.private_pcscd import MAX_READERS, PrivatePcscd
from reader_agent.virtual.state import CardState
from tests.support.pcscd import insert

pytestmark = pytest.mark.pcsc


def _pin_tries(reader: str) -> int | None:
    connection = PcscConnection(reader)
    try:
        session = PivSession(connection)
        session.select()
        return session.pin_tries_left()
    finally:
        connection.close()


def test_all_readers_are_listed_by_their_names(private_pcscd: PrivatePcscd) -> None:
    assert list_readers() == [reader.name for reader in private_pcscd.readers]


def test_several_cards_at_once_each_in_its_own_reader(private_pcscd: PrivatePcscd) -> None:
    for tries, reader in enumerate(private_pcscd.readers, start=4):
        state = CardState.factory()
        state.set_pin("123456", tries)
        insert(reader, VirtualCard(state))
    try:
        seen = [_pin_tries(reader.name) for reader in private_pcscd.readers]
        assert seen == list(range(4, 4 + len(seen)))
    finally:
        for reader in private_pcscd.readers:
            reader.slot.remove()


def test_a_removed_card_is_gone_and_can_come_back(private_pcscd: PrivatePcscd) -> None:
    reader = private_pcscd.readers[1]
    card = VirtualCard(CardState.factory())
    insert(reader, card)
    connection = PcscConnection(reader.name)
    reader.slot.remove()
    assert not reader.slot.occupied
    with pytest.raises(CardError) as caught:
        PivSession(connection).select()
    # Until pcscd's next poll the driver's "not transacted" is all that is known.
    assert caught.value.reason in (ReasonCode.CARD_REMOVED, ReasonCode.READER_FAILED)
    connection.close()
    insert(reader, card)
    assert _pin_tries(reader.name) == 3
    reader.slot.remove()


def test_a_torn_card_leaves_the_reader_with_what_it_had_done(private_pcscd: PrivatePcscd) -> None:
    reader = private_pcscd.readers[2]
    card = VirtualCard(CardState.factory())
    torn = TornCard(card, at=2, tear=Tear.AFTER)
    insert(reader, torn)
    connection = PcscConnection(reader.name)
    session = PivSession(connection)
    session.select()
    with pytest.raises(CardError):
        session.verify_pin("999999")
    connection.close()
    assert card.state.pin.tries == 2
    reader.slot.remove()


def test_an_apdu_over_vpcd_costs_no_delayed_ack(private_pcscd: PrivatePcscd) -> None:
    reader = private_pcscd.readers[3]
    card = VirtualCard(CardState.factory())
    insert(reader, card)
    connection = PcscConnection(reader.name)
    session = PivSession(connection)
    session.select()
    started = time.perf_counter()
    for _ in range(50):
        session.pin_tries_left()
    each_milliseconds = (time.perf_counter() - started) * 1000 / 50
    connection.close()
    reader.slot.remove()
    # A delayed ACK costs 40 ms; anything near that means TCP_QUICKACK was lost.
    assert each_milliseconds < 20


def test_cards_come_back_by_themselves_after_a_restart(tmp_path: Path) -> None:
    with PrivatePcscd(2, tmp_path) as service:
        slot = service.readers[0].slot
        card = VirtualCard(CardState.factory())
        assert slot.insert(card, wait_seconds=10)
        service.stop_service()
        assert slot.occupied
        service.start_service()
        environment = os.environ | service.environment
        program = (
            "from reader_agent.pcsc import PcscConnection, list_readers\n"
            "import time\n"
            "for _ in range(50):\n"
            "    try:\n"
            "        PcscConnection(list_readers()[0]).close(); break\n"
            "    except Exception: time.sleep(0.1)\n"
            "else: raise SystemExit(1)\n"
        )
        root = Path(__file__).parents[2]
        subprocess.run([sys.executable, "-c", program], env=environment, cwd=root, check=True)


def test_the_service_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from reader_agent.virtual.private_pcscd import PrivatePcscd\n"
        "service = PrivatePcscd(2, Path(sys.argv[1]))\n"
        "print(service.socket_path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, check=False
    )
    assert done.stdout.decode().strip() == str(tmp_path / "pcscd.comm")
    deadline = time.monotonic() + 60
    while (tmp_path / "pcscd.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (tmp_path / "pcscd.pid").exists()


@pytest.mark.parametrize("readers", [0, MAX_READERS + 1])
def test_more_readers_than_pcsc_lite_lists_are_refused(readers: int) -> None:
    with pytest.raises(CardError):
        PrivatePcscd(readers)
