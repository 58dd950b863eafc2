"""Locks that end by themselves, and lost cards: locked at once, worked off by somebody else."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ApplicationState, CardState, IllegalTransition
from cardsvc.loss_records import CallerCheck, LossCase, LossChannel, LossState
from cardsvc.records import Suspension
from cardsvc.terms import (
    ApplicationKind,
    AssuranceLevel,
    CardType,
    RevocationReason,
    SuspensionCause,
)
from issuance import lifecycle
from issuance.losses.report import (
    DEFAULT_BOUNDS,
    KioskReport,
    ReportBounds,
    report_at_kiosk,
    report_to_operator,
)
from issuance.losses.settle import close_as_found, confirm_loss
from tests.support.issuing_room import AGENT, APPROVER, AT, CLERK, ISSUER, IssuingRoom, blank
from tests.support.people import CIVIL_SERVANT

HOLD = RevocationReason.CERTIFICATE_HOLD
DAY = timedelta(days=1)
LEAVE = Suspension(SuspensionCause.LEAVE, AT + 30 * DAY)


class Person:
    """Somebody with cards of several types."""

    def __init__(self, *types: CardType) -> None:
        self.room = IssuingRoom()
        self.guids = [self.card(kind) for kind in types or (CardType.CIVIL_SERVANT,)]
        for guid in self.guids:
            self.activate(guid)

    def card(
        self,
        card_type: CardType = CardType.CIVIL_SERVANT,
        kind: ApplicationKind = ApplicationKind.NEW,
        replaces: CardGuid | None = None,
    ) -> CardGuid:
        application = self.room.application(card_type, CIVIL_SERVANT, kind, replaces)
        return self.finish(application)

    def finish(self, application: str) -> CardGuid:
        self.room.run(self.room.job(self.room.order(application)), blank())
        guid = self.room.record(application).guid
        lifecycle.hand_over(self.room.store, guid, operator=ISSUER, at=AT)
        return guid

    def activate(self, guid: CardGuid) -> None:
        proof = lifecycle.ActivationProof(guid, AssuranceLevel.X2, AT, "decision-1")
        lifecycle.activate(self.room.store, guid, proof=proof, operator=AGENT, at=AT)

    def suspend(self, suspension: Suspension = LEAVE, guid: CardGuid | None = None) -> None:
        lifecycle.suspend(
            self.room.store, guid or self.guids[0], operator=CLERK, at=AT, suspension=suspension
        )

    def resume_due(self, after: timedelta) -> tuple[CardGuid, ...]:
        store = self.room.store
        return lifecycle.resume_due(store, store, at=AT + after)

    def report(self, case_id: str = "case-1") -> LossCase:
        return report_to_operator(
            self.room.store, CIVIL_SERVANT.id, case_id=case_id, channel=LossChannel.TELEPHONE,
            checks=frozenset({CallerCheck.CALLED_BACK}), operator=CLERK, at=AT,
        )  # fmt: skip

    def kiosk(
        self,
        birth_date: date | None = CIVIL_SERVANT.birth_date,
        number: PersonalNumber = CIVIL_SERVANT.personal_number,
        after: timedelta = timedelta(0),
        bounds: ReportBounds = DEFAULT_BOUNDS,
    ) -> None:
        assert birth_date is not None
        report = KioskReport("case-k", "ki-ot-1", number, birth_date)
        report_at_kiosk(self.room.store, report, at=AT + after, bounds=bounds)

    def state(self, guid: CardGuid | None = None) -> CardState:
        return self.room.store.cards[guid or self.guids[0]].state

    def suspension(self, guid: CardGuid | None = None) -> Suspension | None:
        return self.room.store.cards[guid or self.guids[0]].suspension


# --- leaves


def test_a_leave_ends_on_its_day_once() -> None:
    person = Person()
    person.suspend()
    assert person.room.certificate_states(person.guids[0]) == {HOLD}
    assert person.room.store.events[-1].facts == {
        "cause": "leave",
        "until": (AT + 30 * DAY).isoformat(),
    }
    assert person.resume_due(29 * DAY) == ()
    assert person.resume_due(30 * DAY) == tuple(person.guids)
    assert (person.state(), person.suspension()) == (CardState.ACTIVE, None)
    assert person.room.certificate_states(person.guids[0]) == {None}
    assert person.room.store.events[-1].actor == "system"
    events = len(person.room.store.events)
    assert person.resume_due(31 * DAY) == ()
    assert len(person.room.store.events) == events


@pytest.mark.parametrize(
    "suspension",
    [
        Suspension(SuspensionCause.LEAVE),
        Suspension(SuspensionCause.INVESTIGATION),
        Suspension(SuspensionCause.OTHER),
    ],
)
def test_what_was_locked_again_by_hand_does_not_end_by_itself(suspension: Suspension) -> None:
    person = Person()
    person.suspend()
    person.suspend(suspension)
    assert (person.state(), person.suspension()) == (CardState.SUSPENDED, suspension)
    assert person.resume_due(40 * DAY) == ()
    with pytest.raises(IllegalTransition):
        person.suspend()
    lifecycle.resume(person.room.store, person.guids[0], operator=APPROVER, at=AT)
    assert person.state() is CardState.ACTIVE


def test_a_leave_may_be_made_longer() -> None:
    person = Person()
    person.suspend()
    person.suspend(Suspension(SuspensionCause.LEAVE, AT + 60 * DAY))
    assert person.resume_due(59 * DAY) == ()
    assert person.resume_due(60 * DAY) == tuple(person.guids)


def test_a_day_of_return_lies_ahead_and_belongs_to_a_leave() -> None:
    person = Person()
    with pytest.raises(IssuanceError) as caught:
        person.suspend(Suspension(SuspensionCause.LEAVE, AT))
    assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION
    with pytest.raises(ValueError, match="leave"):
        Suspension(SuspensionCause.INVESTIGATION, AT + DAY)
    with pytest.raises(ValueError, match="loss"):
        person.suspend(Suspension(SuspensionCause.LOSS))
    assert person.state() is CardState.ACTIVE


def test_an_expired_card_does_not_come_back_from_a_leave() -> None:
    person = Person()
    person.suspend()
    card = person.room.store.cards[person.guids[0]]
    person.room.store.cards[card.guid] = replace(card, expires_at=AT + 29 * DAY)
    assert person.resume_due(30 * DAY) == ()
    assert person.state() is CardState.SUSPENDED


def test_a_crash_between_two_cards_leaves_the_second_due() -> None:
    person = Person(CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)
    for guid in person.guids:
        person.suspend(guid=guid)
    store = person.room.store
    done = lifecycle.resume_due(store, store, at=AT + 30 * DAY, limit=1)
    assert len(done) == 1
    assert set(done) | set(person.resume_due(30 * DAY)) == set(person.guids)


# --- losses


def test_a_loss_locks_every_card_in_hand_at_once() -> None:
    person = Person(CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)
    case = person.report()
    assert {one.guid for one in case.cards} == set(person.guids)
    for guid in person.guids:
        assert person.state(guid) is CardState.SUSPENDED
        assert person.suspension(guid) == Suspension(SuspensionCause.LOSS)
        assert person.room.certificate_states(guid) == {HOLD}
    facts = person.room.store.events[-1].facts
    assert facts == {
        "holder": CIVIL_SERVANT.id, "channel": "telephone", "checks": "called_back", "cards": 2,
    }  # fmt: skip
    assert person.report("case-2").id == "case-1"
    assert len(person.room.store.losses) == 1


@pytest.mark.reason(ReasonCode.LOSS_OPEN)
def test_a_lost_card_is_unlocked_by_its_case_alone_and_by_somebody_else() -> None:
    person = Person()
    person.report()
    store = person.room.store
    with pytest.raises(IssuanceError) as caught:
        lifecycle.resume(store, person.guids[0], operator=APPROVER, at=AT)
    assert caught.value.reason is ReasonCode.LOSS_OPEN
    with pytest.raises(IssuanceError) as caught:
        close_as_found(store, "case-1", operator=CLERK, at=AT)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR
    closed = close_as_found(store, "case-1", operator=APPROVER, at=AT)
    assert (closed.state, closed.closed_by) == (LossState.FOUND, APPROVER)
    assert person.state() is CardState.ACTIVE
    events = len(store.events)
    assert close_as_found(store, "case-1", operator=APPROVER, at=AT) == closed
    assert len(store.events) == events
    with pytest.raises(IssuanceError) as caught:
        confirm_loss(store, "case-1", operator=APPROVER, at=AT)
    assert caught.value.reason is ReasonCode.ILLEGAL_TRANSITION


def test_a_leave_goes_on_when_the_card_is_found() -> None:
    person = Person()
    person.suspend()
    person.report()
    assert person.resume_due(40 * DAY) == ()
    close_as_found(person.room.store, "case-1", operator=APPROVER, at=AT)
    assert (person.state(), person.suspension()) == (CardState.SUSPENDED, LEAVE)
    assert person.resume_due(30 * DAY) == tuple(person.guids)


def test_what_is_investigated_stays_locked_when_the_card_is_found() -> None:
    person = Person()
    person.suspend(Suspension(SuspensionCause.INVESTIGATION))
    person.report()
    with pytest.raises(IssuanceError) as caught:
        lifecycle.resume(person.room.store, person.guids[0], operator=APPROVER, at=AT)
    assert caught.value.reason is ReasonCode.LOSS_OPEN
    close_as_found(person.room.store, "case-1", operator=APPROVER, at=AT)
    assert person.suspension() == Suspension(SuspensionCause.INVESTIGATION)


@pytest.mark.parametrize(
    ("stolen", "reason"),
    [(False, RevocationReason.CESSATION_OF_OPERATION), (True, RevocationReason.KEY_COMPROMISE)],
)
def test_a_confirmed_loss_ends_the_cards_and_asks_for_new_ones(
    stolen: bool, reason: RevocationReason
) -> None:
    person = Person(CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)
    person.report()
    numbers = itertools.count()
    store = person.room.store
    closed = confirm_loss(
        store, "case-1", operator=APPROVER, at=AT, stolen=stolen,
        new_id=lambda: f"again-{next(numbers)}",
    )  # fmt: skip
    assert closed.state is LossState.CONFIRMED
    for guid in person.guids:
        assert person.state(guid) is CardState.REVOKED
        assert person.room.certificate_states(guid) == {reason}
    asked = [store.applications["again-0"], store.applications["again-1"]]
    assert {one.replaces for one in asked} == set(person.guids)
    for one in asked:
        assert (one.kind, one.requested_by) == (ApplicationKind.REPLACE_LOST, APPROVER)
        assert one.state is ApplicationState.REQUESTED
    assert confirm_loss(store, "case-1", operator=APPROVER, at=AT) == closed


def test_asking_for_a_card_in_place_of_a_lost_one_locks_that_one() -> None:
    person = Person(CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)
    lost, kept = person.guids
    application = person.room.application(
        CardType.CIVIL_SERVANT, CIVIL_SERVANT, ApplicationKind.REPLACE_LOST, lost
    )
    assert person.suspension(lost) == Suspension(SuspensionCause.LOSS)
    assert person.state(kept) is CardState.ACTIVE
    new = person.finish(application)
    person.activate(new)
    old = person.room.store.cards[lost]
    assert (old.state, old.replaced_by) == (CardState.REPLACED, new)
    assert person.room.certificate_states(lost) == {RevocationReason.SUPERSEDED}
    (case,) = person.room.store.losses.values()
    assert case.state is LossState.CONFIRMED
    assert AuditAction.LOSS_CLOSED in {event.action for event in person.room.store.events}


def test_a_card_that_was_lost_before_activation_does_not_come_to_life() -> None:
    person = Person(CardType.INDIVIDUAL)
    waiting = person.card(CardType.CIVIL_SERVANT)
    person.report()
    assert person.state(waiting) is CardState.ISSUED
    with pytest.raises(IssuanceError) as caught:
        person.activate(waiting)
    assert caught.value.reason is ReasonCode.LOSS_OPEN
    close_as_found(person.room.store, "case-1", operator=APPROVER, at=AT)
    person.activate(waiting)


@pytest.mark.reason(ReasonCode.LOSS_CASE_UNKNOWN)
def test_an_unknown_case_is_told() -> None:
    for step in (close_as_found, confirm_loss):
        with pytest.raises(IssuanceError) as caught:
            step(Person().room.store, "nobody", operator=APPROVER, at=AT)
        assert caught.value.reason is ReasonCode.LOSS_CASE_UNKNOWN


def test_an_operator_asks_the_caller_something() -> None:
    person = Person()
    given = {"case_id": "c", "operator": CLERK, "at": AT}
    for channel, checks in (
        (LossChannel.TELEPHONE, frozenset()),
        (LossChannel.KIOSK, frozenset({CallerCheck.AGENCY})),
    ):
        with pytest.raises(ValueError, match="asks"):
            report_to_operator(
                person.room.store, CIVIL_SERVANT.id, channel=channel, checks=checks, **given
            )
    with pytest.raises(IssuanceError) as caught:
        report_to_operator(
            person.room.store, "nobody", channel=LossChannel.COUNTER,
            checks=frozenset({CallerCheck.AGENCY}), **given,
        )  # fmt: skip
    assert caught.value.reason is ReasonCode.CARD_UNKNOWN


# --- at a kiosk


def test_at_a_kiosk_number_and_birth_date_lock_the_cards() -> None:
    person = Person()
    person.kiosk()
    assert person.suspension() == Suspension(SuspensionCause.LOSS)
    (case,) = person.room.store.losses.values()
    assert (case.channel, case.reported_by) == (LossChannel.KIOSK, "ki-ot-1")


def test_what_is_not_true_locks_nothing_and_tells_nothing() -> None:
    person = Person()
    person.kiosk(birth_date=date(1990, 5, 3))
    person.kiosk(number=PersonalNumber("079085000123"))
    assert person.state() is CardState.ACTIVE
    assert [event.action for event in person.room.store.events[-2:]] == [
        AuditAction.LOSS_UNMATCHED
    ] * 2
    assert all(not event.facts for event in person.room.store.events[-2:])


@pytest.mark.reason(ReasonCode.TOO_MANY_REPORTS)
@pytest.mark.parametrize("number", ["001190012345", "079085000123"])
def test_birth_dates_can_not_be_tried_one_after_the_other(number: str) -> None:
    person = Person()
    days = (date(1970, 1, 1) + timedelta(days=n) for n in itertools.count())
    for _ in range(5):
        person.kiosk(next(days), PersonalNumber(number))
    with pytest.raises(IssuanceError) as caught:
        person.kiosk(number=PersonalNumber(number))
    assert caught.value.reason is ReasonCode.TOO_MANY_REPORTS
    assert person.state() is CardState.ACTIVE
    person.kiosk(number=PersonalNumber(number), after=DAY + timedelta(seconds=1))


def test_a_kiosk_reports_so_often_and_no_more() -> None:
    person = Person()
    bounds = ReportBounds(per_agent=3)
    numbers = (PersonalNumber(f"0790850{n:05d}") for n in itertools.count())
    for _ in range(3):
        person.kiosk(number=next(numbers), bounds=bounds)
    with pytest.raises(IssuanceError):
        person.kiosk(bounds=bounds)
    person.kiosk(bounds=bounds, after=timedelta(hours=1, seconds=1))
    assert person.state() is CardState.SUSPENDED
