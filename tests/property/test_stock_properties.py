"""Serials of any text, and books that balance whatever is done to the blanks."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.stock_records import PRESENT, MovementKind
from issuance.stock.booking import Booking, book
from issuance.stock.days import close_day, count_stock, position
from issuance.stock.keeping import KEEPERS_KINDS, move_blanks
from issuance.stock.serials import (
    MAX_SERIALS,
    SerialForm,
    parse_serial,
    parse_serials,
    require_code,
)
from tests.support.blanks import STOCK_KEEPER, STORE_ROOM, WITNESS, serials, stocked
from tests.support.issuance_store_contract import AT, make_application, make_card
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger

FORM, ANY = SerialForm(), SerialForm(".+")
DESK = "ban-1"


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_a_serial_is_printable_and_bounded_or_malformed(junk: str) -> None:
    with contextlib.suppress(Malformed):
        serial = parse_serial(junk, ANY)
        assert serial.isascii()
        assert serial.isprintable()
        assert 0 < len(serial) <= 64
        assert " " not in serial


@settings(max_examples=200)
@given(st.text(alphabet="A09. ,;\n\t-", max_size=40) | st.text(max_size=40))
def test_a_list_of_junk_is_malformed_or_serials(junk: str) -> None:
    with contextlib.suppress(Malformed):
        found = parse_serials(junk, FORM)
        assert found
        assert len(found) == len(set(found)) <= MAX_SERIALS
        assert all(FORM.accepts(serial) for serial in found)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 400), st.integers(7, 10))
def test_a_range_has_every_serial_between(first: int, count: int, width: int) -> None:
    named = [f"PH-{number:0{width}}" for number in range(first, first + count)]
    assert list(parse_serials(f"{named[0]}..{named[-1]}", FORM)) == named


@pytest.mark.reason(ReasonCode.MALFORMED_BLANK_SERIAL)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "ab12",
        "PH-0002..PH-0001",
        "PH-0001..PX-0002",
        "PH-0001..PH-00002",
        "PH-00000000..PH-99999999",
        "PH-ABCD..PH-ABCE",
        "PH-0001 PH-0001",
        "PH-0001..PH-0003, PH-0002",
        "PH-0001..",
        "PH-000١",
        "A" * 65,
    ],
)
def test_what_is_no_list_of_serials(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_serials(text, FORM)
    assert caught.value.reason is ReasonCode.MALFORMED_BLANK_SERIAL


def test_a_scanners_line_end_is_not_the_serials() -> None:
    assert parse_serial("PH-0001\r\n", FORM) == "PH-0001"


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        SerialForm("(")


@given(st.text(max_size=70))
def test_a_code_can_stand_in_the_audit_log(junk: str) -> None:
    with contextlib.suppress(Malformed):
        assert require_code(junk).isascii()


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([*sorted(MovementKind), "close", "midnight"]),
        st.integers(0, 11),
        st.sampled_from([STORE_ROOM, DESK]),
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(ACTIONS)
def test_whatever_is_booked_the_books_balance_and_chain(
    actions: list[tuple[str, int, str]],
) -> None:
    store, at = MemoryIssuanceStore(MemoryCertificateLedger()), AT
    named = serials(12)
    stocked(store, STORE_ROOM, named[:8], at)
    stocked(store, DESK, named[8:], at, product="PIV-144K")
    cards = []
    for number in range(12):
        application = make_application(f"application-{number}")
        cards.append(make_card(application).guid)
    for action, number, keeper in actions:
        with contextlib.suppress(IssuanceError):
            if action == "midnight":
                at += timedelta(days=1)
            elif action == "close":
                there = {one.serial for one in position(store, keeper, at).blanks}
                at += timedelta(seconds=1)
                count_stock(store, keeper, there, count_id=f"{at}", operator="tam", at=at)
                close_day(store, keeper, operator="tam", at=at)
            elif (kind := MovementKind(action)) in KEEPERS_KINDS:
                to_keeper = keeper if kind is MovementKind.ISSUE else None
                move_blanks(
                    store,
                    [named[number]],
                    kind,
                    operator=STOCK_KEEPER,
                    at=at,
                    to_keeper=to_keeper,
                    witness=WITNESS,
                )
            else:
                with store.transaction() as unit:
                    blank = unit.stock.blanks(named)[named[number]]
                    book(unit, [blank], Booking(kind, "mai", at, card=cards[number]))
        for one in (STORE_ROOM, DESK):
            found = position(store, one, at)
            usable = sum(line.closing for line in found.lines)
            spoiled = sum(line.spoiled_kept for line in found.lines)
            assert usable + spoiled == len(found.blanks)
    closed = {(day.keeper, day.day) for day in store.stock.days}
    assert len(closed) == len(store.stock.days)
    for serial in named:
        chain = [one for one in store.stock.movements if one.serial == serial]
        assert [one.ordinal for one in chain] == list(range(1, len(chain) + 1))
        for before, after in pairwise(chain):
            assert (before.to_state, before.to_keeper) == (after.from_state, after.from_keeper)
        blank = store.stock.shelf[serial]
        assert (blank.state, blank.keeper) == (chain[-1].to_state, chain[-1].to_keeper)
        assert blank.state in PRESENT or blank not in position(store, blank.keeper, at).blanks
