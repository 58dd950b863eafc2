"""One door: who opens it, for how long, and what it says about the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.errors import ReasonCode
from reader_agent.door.interlock import Interlock
from reader_agent.door.moves import (
    ContactMoved,
    DoorEvent,
    DoorRefusal,
    ExitAsked,
    GuardConfirmed,
    GuardSwitched,
    PersonPassed,
    Refusal,
    RemoteOpen,
    Report,
    Signal,
    TailgateSeen,
    Unlock,
)
from reader_agent.door.rules import OUTSIDE, DoorRules, PassbackMode
from tests.support.doors import Door, MemoryAreas, events, locks, reason, signals, unlocks


def shut_door(**rules: object) -> Door:
    door = Door(replace(DoorRules("north"), **rules))  # type: ignore[arg-type]
    door.do(ContactMoved(is_open=False))
    return door


def test_a_fresh_permit_opens_for_the_pulse_and_no_longer() -> None:
    door = shut_door()
    deeds = door.tap()
    assert unlocks(deeds) == [Unlock(5.0)]
    assert events(deeds) == [DoorEvent.GRANTED]
    assert isinstance(deeds[0], Report), "it stands in the record before the bolt moves"
    assert door.controller.is_engaged
    assert not locks(door.wait(4.9))
    ended = door.wait(0.2)
    assert locks(ended)
    assert events(ended) == [DoorEvent.NOT_ENTERED]
    assert door.controller.is_secure
    assert not door.controller.is_engaged


def test_it_locks_as_soon_as_the_leaf_is_shut_again() -> None:
    door = shut_door()
    door.tap()
    assert events(door.do(ContactMoved(is_open=True))) == [DoorEvent.ENTERED]
    assert locks(door.do(ContactMoved(is_open=False)))
    assert DoorEvent.FORCED in events(door.do(ContactMoved(is_open=True)))


def test_a_refusal_opens_nothing() -> None:
    deeds = shut_door().do(Refusal(ReasonCode.CARD_REVOKED))
    assert not unlocks(deeds)
    assert reason(deeds) == ReasonCode.CARD_REVOKED
    assert signals(deeds) == [Signal.DENIED]


@pytest.mark.parametrize("age", [2.001, 60.0, -0.001])
def test_a_late_answer_opens_nothing(age: float) -> None:
    deeds = shut_door().tap(age=age)
    assert not unlocks(deeds)
    assert reason(deeds) == DoorRefusal.LATE


def test_the_bound_of_age_is_each_doors_own() -> None:
    assert unlocks(shut_door(most_tap_seconds=5.0).tap(age=4.9))
    assert not unlocks(shut_door(most_tap_seconds=0.5).tap(age=0.6))


def test_a_permit_opens_once() -> None:
    door = shut_door(most_tap_seconds=30.0)
    permit = door.permit()
    assert unlocks(door.do(permit))
    door.wait(6)
    deeds = door.do(permit)
    assert not unlocks(deeds)
    assert reason(deeds) == DoorRefusal.SPENT


def test_who_is_forced_gets_in_and_nobody_at_the_door_sees_more() -> None:
    calm, forced = shut_door().tap(), shut_door().tap(duress=True)
    assert DoorEvent.DURESS in events(forced)
    assert DoorEvent.DURESS not in events(calm)
    assert [one for one in forced if not isinstance(one, Report)] == [
        one for one in calm if not isinstance(one, Report)
    ]


def test_duress_is_told_of_a_card_that_does_not_open_too() -> None:
    deeds = shut_door().tap(age=9, duress=True)
    assert not unlocks(deeds)
    assert DoorEvent.DURESS in events(deeds)


def test_a_door_without_a_permit_is_forced() -> None:
    door = shut_door()
    deeds = door.do(ContactMoved(is_open=True))
    assert events(deeds) == [DoorEvent.FORCED]
    assert signals(deeds) == [Signal.ALARM]
    assert events(door.do(ContactMoved(is_open=False))) == [DoorEvent.SECURED]


def test_a_door_held_open_is_told_once() -> None:
    door = shut_door(held_open_seconds=10.0)
    door.tap()
    door.do(ContactMoved(is_open=True))
    assert DoorEvent.HELD_OPEN not in events(door.wait(9.9))
    assert DoorEvent.HELD_OPEN in events(door.wait(0.2))
    assert DoorEvent.HELD_OPEN not in events(door.wait(60))
    assert events(door.do(ContactMoved(is_open=False))) == [DoorEvent.SECURED]


def test_the_second_person_on_one_permit_raises_the_alarm() -> None:
    door = shut_door()
    door.tap()
    door.do(ContactMoved(is_open=True))
    assert not events(door.do(PersonPassed()))
    assert events(door.do(PersonPassed())) == [DoorEvent.TAILGATE]


def test_two_permits_are_two_people_and_a_card_tapped_twice_is_one() -> None:
    door = shut_door()
    door.tap("card-1")
    door.tap("card-2")
    door.do(ContactMoved(is_open=True))
    assert not events(door.do(PersonPassed()))
    assert not events(door.do(PersonPassed()))
    again = shut_door()
    again.tap("card-1")
    again.tap("card-1")
    again.do(PersonPassed())
    assert events(again.do(PersonPassed())) == [DoorEvent.TAILGATE]


def test_the_detectors_alarm_is_passed_on() -> None:
    assert events(shut_door().do(TailgateSeen())) == [DoorEvent.TAILGATE]


def test_whoever_is_inside_gets_out() -> None:
    door = shut_door(guarded=True, interlock="lock")
    door.interlock.tell("lock", "other", is_secure=False)
    assert unlocks(door.do(ExitAsked()))
    assert DoorEvent.FORCED not in events(door.do(ContactMoved(is_open=True)))


def test_a_guarded_door_waits_for_the_guard() -> None:
    door = shut_door()
    door.do(GuardSwitched(is_on=True))
    deeds = door.tap()
    assert not unlocks(deeds)
    assert signals(deeds) == [Signal.WAIT]
    assert unlocks(door.do(GuardConfirmed()))
    assert not unlocks(door.do(GuardConfirmed())), "one look lets one in"


def test_a_guard_who_does_not_look_lets_nobody_in() -> None:
    door = shut_door(guarded=True)
    door.tap()
    assert reason(door.wait(15.0)) == DoorRefusal.GUARD_SILENT
    assert not unlocks(door.do(GuardConfirmed()))


def test_the_guard_who_gives_the_door_back_is_not_needed() -> None:
    door = shut_door(guarded=True)
    door.do(GuardSwitched(is_on=False))
    assert unlocks(door.tap())


def test_hard_passback_refuses_a_card_that_is_inside() -> None:
    door = shut_door(passback=PassbackMode.HARD, to_area="hall")
    door.tap()
    door.do(ContactMoved(is_open=True))
    door.do(ContactMoved(is_open=False))
    assert door.areas.areas == {"card-1": "hall"}
    deeds = door.tap()
    assert not unlocks(deeds)
    assert reason(deeds) == DoorRefusal.PASSBACK


def test_who_did_not_go_in_is_not_inside() -> None:
    door = shut_door(passback=PassbackMode.HARD, to_area="hall")
    door.tap()
    door.wait(6)
    assert unlocks(door.tap())


def test_who_leaves_may_come_back() -> None:
    areas = MemoryAreas()
    rules = DoorRules("in", passback=PassbackMode.HARD, to_area="hall", has_contact=False)
    way_in = Door(rules, areas=areas)
    way_out = Door(replace(rules, name="out", from_area="hall", to_area=OUTSIDE), areas=areas)
    for _ in range(2):
        assert unlocks(way_in.tap())
        assert unlocks(way_out.tap())
        way_in.wait(6)


def test_soft_passback_opens_and_says_so() -> None:
    door = shut_door(passback=PassbackMode.SOFT, to_area="hall")
    door.areas.areas["card-1"] = "hall"
    deeds = door.tap()
    assert unlocks(deeds)
    assert DoorEvent.PASSBACK in events(deeds)


def test_a_lost_record_of_areas_keeps_a_hard_door_shut() -> None:
    hard = shut_door(passback=PassbackMode.HARD, to_area="hall")
    hard.areas.is_lost = True
    assert reason(hard.tap()) == DoorRefusal.PASSBACK_UNKNOWN
    soft = shut_door(passback=PassbackMode.SOFT, to_area="hall")
    soft.areas.is_lost = True
    assert unlocks(soft.tap())
    assert DoorEvent.AREAS_LOST in events(soft.do(ContactMoved(is_open=True)))


def test_of_an_air_lock_one_door_is_open() -> None:
    shared = Interlock()
    inner = Door(DoorRules("inner", interlock="lock"), interlock=shared)
    outer = Door(DoorRules("outer", interlock="lock"), interlock=shared)
    assert reason(outer.tap()) == DoorRefusal.INTERLOCK, "the inner has not said how it stands"
    inner.do(ContactMoved(is_open=False))
    outer.do(ContactMoved(is_open=False))
    assert unlocks(outer.tap())
    assert reason(inner.tap()) == DoorRefusal.INTERLOCK
    outer.do(ContactMoved(is_open=True))
    outer.do(ContactMoved(is_open=False))
    assert unlocks(inner.tap())


def test_an_order_opens_once_and_in_time() -> None:
    door = shut_door()
    late = RemoteOpen("order-1", door.seconds - 15.1)
    assert reason(door.do(late)) == DoorRefusal.LATE
    order = RemoteOpen("order-2", door.seconds - 9)
    assert unlocks(door.do(order))
    door.wait(6)
    deeds = door.do(order)
    assert not unlocks(deeds)
    assert reason(deeds) == DoorRefusal.SPENT
