"""Whatever happens at a door, in whatever order: it opens for what may open it, and locks again."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import ReasonCode
from reader_agent.door.moves import (
    ContactMoved,
    DoorEvent,
    ExitAsked,
    GuardConfirmed,
    GuardSwitched,
    Happening,
    Lock,
    Permit,
    PersonPassed,
    Refusal,
    RemoteOpen,
    Report,
    TailgateSeen,
    Tick,
    Unlock,
)
from reader_agent.door.rules import DoorRules, PassbackMode
from tests.support.doors import MONDAY_NOON, Door
from verification.policy.schedule import Holidays, Period, Schedule

NOON = Schedule(((Period(12 * 60, 12 * 60 + 2),),) * 7, Holidays.OPEN)
RULES = st.builds(
    DoorRules,
    name=st.just("north"),
    has_contact=st.booleans(),
    most_tap_seconds=st.sampled_from([0.5, 2.0, 5.0]),
    passback=st.sampled_from(PassbackMode),
    to_area=st.sampled_from(["", "hall"]),
    free=st.sampled_from([None, NOON]),
    first_person_in=st.booleans(),
    guarded=st.booleans(),
)
FROM_OUTSIDE = st.one_of(
    st.builds(
        Permit,
        number=st.integers(0, 3),
        card=st.sampled_from(["card-1", "card-2"]),
        tapped_seconds=st.floats(-20, 5),
        duress=st.booleans(),
        guard=st.booleans(),
    ),
    st.just(Refusal(ReasonCode.CARD_REVOKED)),
    st.builds(ContactMoved, st.booleans()),
    st.just(TailgateSeen()),
    st.just(PersonPassed()),
    st.builds(RemoteOpen, st.sampled_from(["order-1", "order-2"]), st.floats(-60, 5)),
    st.just(Tick()),
)
GUARD = st.one_of(st.builds(GuardSwitched, st.booleans()), st.just(GuardConfirmed()))
STEPS = st.tuples(st.floats(0, 20), FROM_OUTSIDE | GUARD | st.just(ExitAsked()))


def shifted(happening: Happening, by: float) -> Happening:
    match happening:
        case Permit():
            return replace(happening, tapped_seconds=happening.tapped_seconds + by)
        case RemoteOpen():
            return replace(happening, asked_seconds=happening.asked_seconds + by)
    return happening


class WhatMayOpen:
    """Says of each happening whether it may open the door, by the rules alone."""

    def __init__(self, rules: DoorRules) -> None:
        self.rules = rules
        self.spent: set[object] = set()
        self.looked_at: float | None = None

    def may(self, happening: Happening, seconds: float, told: list[DoorEvent]) -> bool:
        match happening:
            case Permit(number, _, tapped):
                is_fresh = self._take(number, seconds - tapped, self.rules.most_tap_seconds)
                if DoorEvent.GUARD_ASKED in told:
                    assert is_fresh
                    self.looked_at = seconds
                    return False
                return is_fresh
            case RemoteOpen(order, asked):
                return self._take(order, seconds - asked, self.rules.most_order_seconds)
            case GuardConfirmed() if self.looked_at is not None:
                waited, self.looked_at = seconds - self.looked_at, None
                return waited < self.rules.guard_seconds
            case ExitAsked():
                return True
        return False

    def _take(self, key: object, age: float, most: float) -> bool:
        if not 0 <= age <= most or key in self.spent:
            return False
        self.spent.add(key)
        return True


@settings(max_examples=300, deadline=None)
@given(rules=RULES, steps=st.lists(STEPS, max_size=25))
def test_nothing_opens_a_door_but_what_may(
    rules: DoorRules, steps: list[tuple[float, Happening]]
) -> None:
    door, what = Door(rules, at=MONDAY_NOON), WhatMayOpen(rules)
    for seconds, step in steps:
        door.seconds += seconds
        happening = shifted(step, door.seconds)
        deeds = door.controller.handle(happening, door.now())
        told = [one.event for one in deeds if isinstance(one, Report)]
        may = what.may(happening, door.seconds, told)
        for unlock in (one for one in deeds if isinstance(one, Unlock)):
            assert may or (unlock.seconds is None and rules.free is not None)
    door.seconds += 1000
    last = door.controller.handle(Tick(), door.now())
    if rules.free is None:
        assert not door.controller.is_unlocked
        assert not any(isinstance(one, Unlock) for one in last)


@settings(max_examples=200, deadline=None)
@given(rules=RULES, steps=st.lists(STEPS, max_size=25))
def test_the_bolt_does_what_the_controller_believes(
    rules: DoorRules, steps: list[tuple[float, Happening]]
) -> None:
    door = Door(rules, at=MONDAY_NOON)
    until: float | None = None
    bolt_is_free = False
    for seconds, step in steps:
        door.seconds += seconds
        for deed in door.controller.handle(shifted(step, door.seconds), door.now()):
            match deed:
                case Unlock(None):
                    bolt_is_free, until = True, None
                case Unlock(pulse):
                    assert pulse is not None
                    until = door.seconds + pulse
                case Lock():
                    bolt_is_free, until = False, None
        is_unlocked = bolt_is_free or (until is not None and until > door.seconds)
        assert door.controller.is_unlocked == is_unlocked
