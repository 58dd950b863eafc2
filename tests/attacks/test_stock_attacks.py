"""Blanks that are not there, other cards in the reader, one person alone: no card comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.audit import AuditAction
from cardsvc.desk_records import JobStage
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.stock_records import Blank, BlankState, MovementKind
from issuance import lifecycle
from issuance.job_records import JobOrder
from issuance.stock.card_blanks import StockRule
from issuance.stock.keeping import KEEPERS_KINDS, move_blanks
from reader_agent.virtual.faults import RemovedCard, Tear, TornCard
from tests.support.blanks import STOCK_KEEPER, STORE_ROOM, WITNESS, add_keeper, serials, stocked
from tests.support.issuing_room import AGENT, AT, CLERK, ISSUER, IssuingRoom, blank

ONE, TWO, THREE = serials(3)


def stocked_room(rule: StockRule = StockRule.ENFORCE) -> IssuingRoom:
    room = IssuingRoom(stock=rule)
    stocked(room.store, AGENT, (ONE, TWO, THREE), AT)
    return room


def in_books(room: IssuingRoom, serial: str) -> Blank:
    return room.store.stock.shelf[serial]


def state(room: IssuingRoom, serial: str) -> BlankState:
    return in_books(room, serial).state


def ordered(room: IssuingRoom, serial: str | None, application: str | None = None) -> str:
    return room.job(room.order(application, blank=serial))


def refused(room: IssuingRoom, job: str) -> ReasonCode:
    with pytest.raises(IssuanceError) as caught:
        room.desk.start(job, AGENT)
    return caught.value.reason


def test_a_finished_card_used_its_blank() -> None:
    room = stocked_room()
    application = room.application()
    assert room.run(ordered(room, ONE, application), blank()) is CardState.PERSONALISED
    guid = room.record(application).guid
    assert in_books(room, ONE) == replace(in_books(room, ONE), state=BlankState.USED, card=guid)
    kinds = [one.kind for one in room.store.stock.movements if one.serial == ONE]
    assert kinds == [MovementKind.RECEIVE, MovementKind.RESERVE, MovementKind.USE]


@pytest.mark.reason(ReasonCode.BLANK_REQUIRED)
def test_no_card_is_made_of_no_blank() -> None:
    room = stocked_room()
    assert refused(room, ordered(room, None)) is ReasonCode.BLANK_REQUIRED
    assert not room.store.cards


@pytest.mark.reason(ReasonCode.BLANK_UNKNOWN)
def test_no_card_is_made_of_a_blank_that_nobody_delivered() -> None:
    room = stocked_room()
    assert refused(room, ordered(room, "PHOI-999999")) is ReasonCode.BLANK_UNKNOWN
    assert not room.store.cards


@pytest.mark.reason(ReasonCode.BLANK_NOT_IN_STOCK)
@pytest.mark.parametrize("kind", sorted(KEEPERS_KINDS - {MovementKind.FIND, MovementKind.RELEASE}))
def test_no_card_is_made_of_a_blank_that_left_the_desks_stock(kind: MovementKind) -> None:
    room = stocked_room()
    add_keeper(room.store, STORE_ROOM, AT)
    to_keeper = STORE_ROOM if kind is MovementKind.ISSUE else None
    witnessed = kind in (MovementKind.DESTROY, MovementKind.LOSE)
    move_blanks(
        room.store,
        [ONE],
        kind,
        operator=STOCK_KEEPER,
        at=AT,
        to_keeper=to_keeper,
        witness=WITNESS if witnessed else None,
    )
    assert refused(room, ordered(room, ONE)) is ReasonCode.BLANK_NOT_IN_STOCK
    assert not room.store.cards


@pytest.mark.reason(ReasonCode.BLANK_NOT_IN_STOCK)
def test_one_blank_makes_one_card() -> None:
    room = stocked_room()
    assert room.run(ordered(room, ONE), blank()) is CardState.PERSONALISED
    assert refused(room, ordered(room, ONE)) is ReasonCode.BLANK_NOT_IN_STOCK


def test_where_the_rule_is_to_warn_the_card_is_made_and_the_audit_says_so() -> None:
    room = stocked_room(StockRule.WARN)
    assert room.run(ordered(room, "PHOI-999999"), blank()) is CardState.PERSONALISED
    (event,) = [one for one in room.store.events if one.action is AuditAction.STOCK_BYPASSED]
    assert event.facts == {"reason": "blank_unknown", "keeper": AGENT}


def test_a_torn_card_keeps_its_blank_for_the_same_job() -> None:
    room = stocked_room()
    job, card = ordered(room, ONE), blank()
    assert room.run(job, RemovedCard(card, 40)) is CardState.TORN
    assert state(room, ONE) is BlankState.RESERVED
    assert refused(room, ordered(room, ONE)) is ReasonCode.BLANK_NOT_IN_STOCK
    assert room.run(job, card) is CardState.PERSONALISED
    assert state(room, ONE) is BlankState.USED


@pytest.mark.reason(ReasonCode.BLANK_MISMATCH)
def test_a_torn_card_is_not_swapped_for_one_that_nobody_accounts_for() -> None:
    room = stocked_room()
    application = room.application()
    job = ordered(room, ONE, application)
    assert room.run(job, RemovedCard(blank(), 40)) is CardState.TORN
    stranger = blank()
    untouched = stranger.state.copy()
    assert room.run(job, stranger) is CardState.TORN
    assert room.failure(job) is ReasonCode.BLANK_MISMATCH
    assert stranger.state == untouched
    # named in a new order, it is accounted for, and the torn one lies in the bin
    assert room.run(ordered(room, TWO, application), stranger) is CardState.PERSONALISED
    assert (state(room, ONE), state(room, TWO)) == (BlankState.SPOILED, BlankState.USED)


def test_a_blank_that_was_never_touched_goes_back_into_stock() -> None:
    room = stocked_room()
    application = room.application()
    room.desk.start(ordered(room, ONE, application), AGENT)
    room.desk.start(room.job(room.order(room.application(), blank=THREE)), AGENT)
    room.desk.report(next(iter(room.orders.jobs)), AGENT, JobStage.WAITING_CARD, None)
    assert room.run(ordered(room, TWO, application), blank()) is CardState.PERSONALISED
    assert (state(room, ONE), state(room, TWO)) == (BlankState.IN_STOCK, BlankState.USED)


def test_another_jobs_torn_card_is_booked_as_what_it_is() -> None:
    room = stocked_room()
    application, card = room.application(), blank()
    torn = ordered(room, ONE, application)
    assert room.run(torn, RemovedCard(card, 40)) is CardState.TORN
    assert room.run(ordered(room, TWO), card) is CardState.PERSONALISED
    assert room.record(application).state is CardState.SPOILED
    # the plastic was ONE all along; TWO was never touched
    assert (state(room, ONE), state(room, TWO)) == (BlankState.USED, BlankState.IN_STOCK)


@pytest.mark.parametrize("apdu", range(8, 40, 4))
def test_a_card_that_is_taken_over_may_be_torn_anywhere(apdu: int) -> None:
    room = stocked_room()
    card, job = blank(), ordered(room, ONE)
    assert room.run(job, RemovedCard(card, 40)) is CardState.TORN
    second = ordered(room, TWO)
    assert room.run(second, TornCard(card, apdu, Tear.AFTER)) is CardState.TORN
    assert room.run(second, card) is CardState.PERSONALISED
    assert (state(room, ONE), state(room, TWO)) == (BlankState.USED, BlankState.IN_STOCK)


@pytest.mark.reason(ReasonCode.BLANK_NOT_IN_STOCK)
def test_a_card_that_was_booked_as_destroyed_is_not_made_again() -> None:
    room = stocked_room()
    application, card = room.application(), blank()
    assert room.run(ordered(room, ONE, application), RemovedCard(card, 40)) is CardState.TORN
    guid = room.record(application).guid
    lifecycle.spoil(room.store, guid, operator=CLERK, at=AT)
    assert state(room, ONE) is BlankState.SPOILED
    move_blanks(
        room.store, [ONE], MovementKind.DESTROY, operator=STOCK_KEEPER, at=AT, witness=WITNESS
    )
    job = ordered(room, TWO)
    assert room.run(job, card) is CardState.TORN
    assert room.failure(job) is ReasonCode.BLANK_NOT_IN_STOCK


def test_a_spoiled_card_spoils_its_blank() -> None:
    room = stocked_room()
    application = room.application()
    assert room.run(ordered(room, ONE, application), blank()) is CardState.PERSONALISED
    lifecycle.spoil(room.store, room.record(application).guid, operator=CLERK, at=AT)
    assert (state(room, ONE), in_books(room, ONE).card) == (BlankState.SPOILED, None)


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("kind", [MovementKind.DESTROY, MovementKind.LOSE, MovementKind.FIND])
@pytest.mark.parametrize("witness", [None, "", STOCK_KEEPER, f" {STOCK_KEEPER.upper()} "])
def test_one_person_alone_makes_no_blank_vanish(kind: MovementKind, witness: str | None) -> None:
    room = stocked_room()
    with pytest.raises(IssuanceError) as caught:
        move_blanks(room.store, [ONE], kind, operator=STOCK_KEEPER, at=AT, witness=witness)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    assert state(room, ONE) is BlankState.IN_STOCK


@pytest.mark.reason(ReasonCode.BLANK_NOT_IN_STOCK)
def test_a_keeper_does_not_take_a_cards_blank_away() -> None:
    room = stocked_room()
    application = room.application()
    room.desk.start(ordered(room, ONE, application), AGENT)
    for kind in (MovementKind.SPOIL, MovementKind.RETURN):
        with pytest.raises(IssuanceError) as caught:
            move_blanks(room.store, [TWO, ONE], kind, operator=STOCK_KEEPER, at=AT)
        assert caught.value.reason is ReasonCode.BLANK_NOT_IN_STOCK
    assert state(room, TWO) is BlankState.IN_STOCK


def test_a_movement_that_only_jobs_make_is_not_a_keepers() -> None:
    room = stocked_room()
    for kind in frozenset(MovementKind) - KEEPERS_KINDS:
        with pytest.raises(ValueError, match="not booked so"):
            move_blanks(room.store, [ONE], kind, operator=STOCK_KEEPER, at=AT)
    with pytest.raises(ValueError, match="not booked so"):
        move_blanks(room.store, [ONE], MovementKind.ISSUE, operator=STOCK_KEEPER, at=AT)


def test_another_desks_blank_is_not_this_desks() -> None:
    room = stocked_room()
    stocked(room.store, STORE_ROOM, ["KHO-0001"], AT)
    order = JobOrder(room.application(), AGENT, ISSUER, blank="KHO-0001")
    assert refused(room, room.job(order)) is ReasonCode.BLANK_NOT_IN_STOCK
