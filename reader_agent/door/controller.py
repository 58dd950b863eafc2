"""The rules of one door: happenings in, deeds out; no clock, no thread, no wire in here.

What opens the door is a fresh permit that was not used before, somebody inside who wants out, an
order of two people at the service, or a schedule; nothing else does. What is in the record stands
there before the bolt moves.
"""

from __future__ import annotations

from datetime import datetime

from cardsvc.errors import StoreError
from reader_agent.door.areas import AreaRecord
from reader_agent.door.interlock import Interlock
from reader_agent.door.leaf import Leaf
from reader_agent.door.moves import (
    ContactMoved,
    Deed,
    DoorEvent,
    DoorFacts,
    DoorRefusal,
    ExitAsked,
    GuardConfirmed,
    GuardSwitched,
    Happening,
    Lock,
    Moment,
    Permit,
    PersonPassed,
    Refusal,
    RemoteOpen,
    Report,
    Show,
    Signal,
    TailgateSeen,
    Tick,
    Unlock,
)
from reader_agent.door.rules import DoorRules, PassbackMode
from reader_agent.door.spent import Spent


class DoorController:
    """One door. Not for several threads: its loop hands it one happening after the other.

    Args:
        rules: how it works.
        areas: where cards are.
        interlock: the doors that may not be open together with this one.
    """

    def __init__(self, rules: DoorRules, areas: AreaRecord, interlock: Interlock) -> None:
        self._rules = rules
        self._areas = areas
        self._interlock = interlock
        interlock.join(rules.interlock, rules.name)
        self._leaf = Leaf(rules)
        self._until: float | None = None
        self._is_free = False
        self._first_is_in = False
        self._is_guarded = rules.guarded
        self._asking: tuple[Permit, float] | None = None
        self._awaited: dict[str, Permit] = {}
        self._spent = Spent()
        self._minute: tuple[datetime, bool] | None = None
        self._deeds: list[Deed] = []

    def handle(self, happening: Happening, now: Moment) -> list[Deed]:
        """Return what to do about something that happened, in this order.

        Args:
            happening: what; ``Tick`` where only time has passed.
            now: when it is handled; ``seconds`` never runs backwards.
        """
        self._deeds = []
        self._pass_time(now)
        self._act(happening, now)
        self._follow_schedule(now)
        self._interlock.tell(self._rules.interlock, self._rules.name, is_secure=self.is_secure)
        return self._deeds

    @property
    def is_unlocked(self) -> bool:
        """Whether the door can be opened from outside."""
        return self._is_free or self._until is not None

    @property
    def is_free(self) -> bool:
        """Whether the door stands unlocked until further notice."""
        return self._is_free

    @property
    def is_secure(self) -> bool:
        """Whether the door is locked, and shut as far as a contact tells."""
        return not self.is_unlocked and self._leaf.is_shut

    @property
    def is_engaged(self) -> bool:
        """Whether somebody is being let in just now, or a guard is asked about somebody."""
        return self._until is not None or self._asking is not None

    def _act(self, happening: Happening, now: Moment) -> None:
        match happening:
            case Permit():
                self._permit(happening, now)
            case Refusal(reason):
                self._deny(reason, None)
            case RemoteOpen():
                self._open_remotely(happening, now)
            case ExitAsked():
                self._report(DoorEvent.EXIT)
                self._unlock(now)
            case GuardSwitched(is_on):
                self._switch_guard(is_on=is_on)
            case GuardConfirmed():
                self._confirm(now)
            case ContactMoved() | PersonPassed() | TailgateSeen():
                self._watch(happening, now)
            case Tick():
                pass

    # --- time

    def _pass_time(self, now: Moment) -> None:
        if self._asking is not None and self._asking[1] <= now.seconds:
            self._drop_asking()
        self._follow_schedule(now)
        if self._until is not None and self._until <= now.seconds:
            for card in self._awaited:
                self._report(DoorEvent.NOT_ENTERED, {"card": card})
            self._lock()
        if not self._is_free and self._leaf.stands_too_long(now.seconds):
            self._alarm(DoorEvent.HELD_OPEN)

    def _follow_schedule(self, now: Moment) -> None:
        may = not self._is_guarded and self._may_stand_free(now.at)
        if not self._may_stand_free(now.at):
            self._first_is_in = False
        if self._is_free and not may:
            self._is_free = False
            self._leaf.restart(now.seconds)
            self._report(DoorEvent.FREE_ENDED)
            self._lock()
        elif may and not self._is_free and (self._first_is_in or not self._rules.first_person_in):
            self._is_free = True
            self._until = None
            self._enter_awaited(now)
            self._report(DoorEvent.FREE)
            self._deeds += [Unlock(None), Show(Signal.FREE)]

    def _may_stand_free(self, at: datetime) -> bool:
        minute = at.replace(second=0, microsecond=0)
        if self._minute is None or self._minute[0] != minute:
            self._minute = minute, self._rules.stands_free(at)
        return self._minute[1]

    # --- cards

    def _permit(self, permit: Permit, now: Moment) -> None:
        if permit.duress:
            # whatever becomes of the door, and without a sign at it
            self._report(DoorEvent.DURESS, {"card": permit.card, "silent": True})
        age = now.seconds - permit.tapped_seconds
        if not 0 <= age <= self._rules.most_tap_seconds:
            self._deny(DoorRefusal.LATE, permit)
        elif not self._spent.take(permit.number):
            self._deny(DoorRefusal.SPENT, permit)
        elif permit.leaving:
            self._let_out(permit, now)
        elif not self._rules.lets_cards_in(now.at):
            self._deny(DoorRefusal.OUTSIDE_HOURS, permit)
        elif self._is_guarded or permit.guard:
            self._drop_asking()
            self._asking = permit, now.seconds + self._rules.guard_seconds
            self._report(DoorEvent.GUARD_ASKED, {"card": permit.card})
            self._deeds.append(Show(Signal.WAIT))
        else:
            self._admit(permit, now)

    def _admit(self, permit: Permit, now: Moment) -> None:
        passback = self._passback(permit, now)
        if passback is not None and self._rules.passback is PassbackMode.HARD:
            self._deny(passback, permit)
            return
        if not self._interlock.take(self._rules.interlock, self._rules.name):
            self._deny(DoorRefusal.INTERLOCK, permit)
            return
        self._first_is_in = self._first_is_in or self._may_stand_free(now.at)
        self._open(permit, now, passback)

    def _let_out(self, permit: Permit, now: Moment) -> None:
        # nobody is kept inside by hours, a guard, an air lock or a wrong record
        self._open(permit, now, self._passback(permit, now))

    def _open(self, permit: Permit, now: Moment, passback: DoorRefusal | None) -> None:
        if passback is not None:
            self._report(DoorEvent.PASSBACK, {"card": permit.card, "reason": passback.value})
        facts: DoorFacts = {"card": permit.card, "offline": permit.offline}
        self._report(DoorEvent.GRANTED, facts | {"leaving": permit.leaving})
        if self._is_free:
            self._enter(permit, now)
            self._deeds.append(Show(Signal.GRANTED))
            return
        if permit.card in self._awaited:
            self._unlock(now, people=0)  # tapped twice: still one person
            return
        self._awaited[permit.card] = permit
        self._unlock(now)
        if not self._rules.has_contact or self._leaf.is_open:
            self._enter_awaited(now)

    def _passback(self, permit: Permit, now: Moment) -> DoorRefusal | None:
        if self._rules.passback is PassbackMode.OFF:
            return None
        try:
            area = self._areas.area_of(permit.card, now.at)
        except StoreError:
            return DoorRefusal.PASSBACK_UNKNOWN
        comes_from, _ = self._rules.way(leaving=permit.leaving)
        return DoorRefusal.PASSBACK if area not in (None, comes_from) else None

    def _enter(self, permit: Permit, now: Moment) -> None:
        _, area = self._rules.way(leaving=permit.leaving)
        if area:
            try:
                self._areas.enter(permit.card, area, now.at)
            except StoreError:
                self._report(DoorEvent.AREAS_LOST, {"card": permit.card})
        self._report(DoorEvent.ENTERED, {"card": permit.card, "area": area or None})

    def _enter_awaited(self, now: Moment) -> None:
        for permit in self._awaited.values():
            self._enter(permit, now)
        self._awaited.clear()

    def _deny(self, reason: str, permit: Permit | None) -> None:
        facts: DoorFacts = {"reason": str(reason)}
        if permit is not None:
            facts |= {"card": permit.card, "offline": permit.offline}
        self._report(DoorEvent.DENIED, facts)
        self._deeds.append(Show(Signal.DENIED))

    # --- orders, guard

    def _open_remotely(self, order: RemoteOpen, now: Moment) -> None:
        age = now.seconds - order.asked_seconds
        refusal = None
        if not 0 <= age <= self._rules.most_order_seconds:
            refusal = DoorRefusal.LATE
        elif not self._spent.take(order.order):
            refusal = DoorRefusal.SPENT
        elif not self._interlock.take(self._rules.interlock, self._rules.name):
            refusal = DoorRefusal.INTERLOCK
        if refusal is not None:
            facts: DoorFacts = {"order": order.order, "reason": refusal.value}
            self._report(DoorEvent.REMOTE_REFUSED, facts)
            return
        self._report(DoorEvent.REMOTE_OPENED, {"order": order.order})
        self._unlock(now)

    def _switch_guard(self, *, is_on: bool) -> None:
        if is_on is not self._is_guarded:
            self._is_guarded = is_on
            self._report(DoorEvent.GUARD_ON if is_on else DoorEvent.GUARD_OFF)

    def _confirm(self, now: Moment) -> None:
        if self._asking is not None:
            permit, _ = self._asking
            self._asking = None
            self._admit(permit, now)

    def _drop_asking(self) -> None:
        if self._asking is not None:
            permit, _ = self._asking
            self._asking = None
            self._deny(DoorRefusal.GUARD_SILENT, permit)

    # --- the leaf

    def _watch(self, happening: ContactMoved | PersonPassed | TailgateSeen, now: Moment) -> None:
        match happening:
            case ContactMoved(is_open):
                self._move_leaf(now, is_open=is_open)
            case TailgateSeen():
                self._alarm(DoorEvent.TAILGATE, "detector")
            case PersonPassed():
                if not self._is_free and not self._leaf.passed():
                    self._alarm(DoorEvent.TAILGATE, "counted")

    def _move_leaf(self, now: Moment, *, is_open: bool) -> None:
        if not self._leaf.move(now.seconds, is_open=is_open):
            return
        if is_open:
            if not self.is_unlocked:
                self._alarm(DoorEvent.FORCED)
            self._enter_awaited(now)
            return
        if self._leaf.calm():
            self._report(DoorEvent.SECURED)
            self._deeds.append(Show(Signal.FREE if self._is_free else Signal.READY))
        if self._until is None:
            self._leaf.let_nobody_in()
        elif self._leaf.has_moved:
            self._lock()

    def _unlock(self, now: Moment, *, people: int = 1) -> None:
        self._leaf.let_in(people)
        if self._is_free:
            return
        self._until = now.seconds + self._rules.pulse_seconds
        self._deeds += [Unlock(self._rules.pulse_seconds), Show(Signal.GRANTED)]

    def _lock(self) -> None:
        self._until = None
        self._awaited.clear()
        if self._leaf.is_shut:
            self._leaf.let_nobody_in()
        signal = Signal.ALARM if self._leaf.is_alarmed else Signal.READY
        self._deeds += [Lock(), Show(signal)]

    def _alarm(self, event: DoorEvent, how: str | None = None) -> None:
        self._leaf.alarm(event)
        self._report(event, {} if how is None else {"how": how})
        self._deeds.append(Show(Signal.ALARM))

    def _report(self, event: DoorEvent, facts: DoorFacts | None = None) -> None:
        self._deeds.append(Report(event, facts or {}))
