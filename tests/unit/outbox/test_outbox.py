"""The outbox on real files: chained, durable, and honest about a disk that is full or damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from cardsvc.clock import SettableClock
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.event_chain import ChainBreak, ChainBroken, ChainHead, follow_chain
from reader_agent.outbox.book import EventBook
from reader_agent.outbox.config import OutboxConfig, WhenFull, parse_outbox_config
from reader_agent.outbox.outbox import (
    BOOK_DAMAGED,
    EVENTS_LOST,
    NOT_DURABLE,
    Outbox,
    OutboxFull,
    OutboxNews,
    OutboxStuck,
    OutboxWorks,
)
from reader_agent.run.config_section import ConfigError, ConfigSection, parse_config_text
from tests.support.outbox_events import AT

ORDINARY = OutboxConfig()
LARGE = {f"fact_{number}": "x" * 100 for number in range(30)}
SMALL_DISK = OutboxConfig(most_megabytes=1, remembered=5)


def open_outbox(
    folder: Path, config: OutboxConfig = ORDINARY, news: list[OutboxNews] | None = None
) -> Outbox:
    heard = news if news is not None else []
    return Outbox(folder, config, SettableClock(AT), heard.append)


def fill(outbox: Outbox) -> int:
    """Append until the disk is full; return how many it took."""
    taken = 0
    while outbox.append("test.large", LARGE, AT) != NOT_DURABLE:
        taken += 1
    return taken


def make_room(outbox: Outbox) -> None:
    """Let the service have everything; the outbox forgets it when it needs the room."""
    outbox.book.acknowledge(outbox.book.head)


def test_events_go_on_after_the_file_was_closed(tmp_path: Path) -> None:
    first = open_outbox(tmp_path)
    assert [first.append("test.said", {"n": n}, AT) for n in range(3)] == [1, 2, 3]
    chain = first.book.chain
    first.close()
    again = open_outbox(tmp_path)
    assert again.append("test.said", {"n": 3}, AT) == 4
    events = again.book.unsent(10, 10**6)
    assert again.book.chain == chain
    assert [one.event.facts["n"] for one in events] == [0, 1, 2, 3]
    assert len(follow_chain(ChainHead.of_empty(chain), {}, events)) == 4
    assert (tmp_path / "outbox.db").stat().st_mode & 0o077 == 0


def test_many_threads_make_one_chain(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda n: outbox.append("test.said", {"n": n}, AT), range(200)))
    assert sorted(places) == list(range(1, 201))
    events = outbox.book.unsent(500, 10**6)
    assert len(follow_chain(ChainHead.of_empty(outbox.book.chain), {}, events)) == 200
    assert [places[int(one.event.facts["n"] or 0)] for one in events] == list(range(1, 201))


def test_what_can_not_be_encoded_harms_nobody(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path)
    with pytest.raises(Malformed):
        outbox.append("test.said", {"n": "\x00"}, AT)
    assert outbox.append("test.said", {}, AT) == 1


def test_a_full_disk_is_said_and_events_wait_in_memory_in_order(tmp_path: Path) -> None:
    news: list[OutboxNews] = []
    outbox = open_outbox(tmp_path, SMALL_DISK, news)
    taken = fill(outbox)
    assert outbox.append("test.later", {"n": 1}, AT) == NOT_DURABLE
    health = outbox.health()
    assert (health.writable, health.unsent, health.in_memory) == (False, taken + 2, 2)
    assert health.oldest_unsent == AT
    assert news == [OutboxStuck(AT)]
    make_room(outbox)
    outbox.retry()
    assert news == [OutboxStuck(AT), OutboxWorks(AT, 0)]
    kinds = [one.event.kind for one in outbox.book.unsent(10, 10**6)]
    assert kinds == ["test.large", "test.later"]
    assert outbox.health().writable


def test_what_memory_can_not_hold_is_counted(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path, SMALL_DISK)
    fill(outbox)
    for number in range(7):
        outbox.append("test.later", {"n": number}, AT)
    assert outbox.health().lost == 3
    make_room(outbox)
    assert outbox.append("test.back", {}, AT) != NOT_DURABLE
    events = [one.event for one in outbox.book.unsent(20, 10**6)]
    assert (events[0].kind, events[0].facts) == (EVENTS_LOST, {"count": 3})
    assert [one.facts.get("n") for one in events[1:]] == [2, 3, 4, 5, 6, None]
    assert outbox.health().lost == 0


@pytest.mark.reason(ReasonCode.OUTBOX_FULL)
def test_where_nothing_may_happen_without_a_record_a_full_disk_refuses(tmp_path: Path) -> None:
    config = OutboxConfig(most_megabytes=1, when_full=WhenFull.REFUSE)
    outbox = open_outbox(tmp_path, config)
    with pytest.raises(OutboxFull) as caught:
        fill(outbox)
    assert caught.value.reason is ReasonCode.OUTBOX_FULL
    assert outbox.health().in_memory == 0


def test_a_damaged_file_is_put_aside_whole_and_said(tmp_path: Path) -> None:
    first = open_outbox(tmp_path)
    first.append("test.said", {}, AT)
    chain = first.book.chain
    first.close()
    file = tmp_path / "outbox.db"
    octets = file.read_bytes()
    file.write_bytes(b"not a database" + octets[14:])
    again = open_outbox(tmp_path)
    assert again.book.chain != chain
    assert [one.event.kind for one in again.book.unsent(5, 10**6)] == [BOOK_DAMAGED]
    assert (tmp_path / "outbox.db.broken1").read_bytes()[14:] == octets[14:]


def test_a_folder_in_its_place_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(StoreError) as caught:
        open_outbox(tmp_path)
    assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE


def test_only_our_own_heads_acknowledge(tmp_path: Path) -> None:
    book = EventBook(tmp_path / "outbox.db")
    outbox = open_outbox(tmp_path)
    for number in range(4):
        outbox.append("test.said", {"n": number}, AT)
    events = book.unsent(10, 10**6)
    book.acknowledge(ChainHead(2, events[1].sha256))
    assert book.acknowledged == 2
    for foreign in (ChainHead(3, bytes(32)), ChainHead(9, bytes(32)), ChainHead(0, bytes(32))):
        with pytest.raises(ChainBroken) as caught:
            book.acknowledge(foreign)
        assert caught.value.how is ChainBreak.FORK
    assert [one.event.seq for one in book.unsent(10, 1)] == [3]
    assert book.prune(AT + timedelta(days=1)) == 2
    book.acknowledge(ChainHead(1, bytes(32)))  # of before what is kept: tells nothing new
    assert book.acknowledged == 2


def test_a_restored_service_gets_what_is_still_there(tmp_path: Path) -> None:
    outbox = open_outbox(tmp_path)
    for number in range(4):
        outbox.append("test.said", {"n": number}, AT)
    events = outbox.book.unsent(10, 10**6)
    outbox.book.acknowledge(outbox.book.head)
    outbox.book.rewind(ChainHead(1, events[0].sha256))
    assert [one.event.seq for one in outbox.book.unsent(10, 10**6)] == [2, 3, 4]
    outbox.book.acknowledge(outbox.book.head)
    outbox.book.prune(AT + timedelta(days=1))
    with pytest.raises(ChainBroken) as caught:
        outbox.book.rewind(ChainHead.of_empty(outbox.book.chain))
    assert caught.value.how is ChainBreak.GAP
    outbox.book.rewind(outbox.book.head)


def section(text: str) -> ConfigSection:
    return parse_config_text(f"[outbox]\n{text}").section("outbox")


def test_the_section_of_the_configuration() -> None:
    assert parse_outbox_config(section("")) == OutboxConfig()
    told = 'when_full = "refuse"\nmost_megabytes = 5\nkeep_days = 3\nfile = "events.db"'
    assert parse_outbox_config(section(told)) == OutboxConfig(
        file=Path("events.db"),
        when_full=WhenFull.REFUSE,
        most_megabytes=5,
        kept_after_sending=timedelta(days=3),
    )
    for wrong in ('when_full = "panic"', "keep_days = 0", 'remembered = "many"', "keep = 1"):
        with pytest.raises(ConfigError, match=f"outbox.{wrong.split()[0]}"):
            parse_outbox_config(section(wrong))
