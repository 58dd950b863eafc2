"""Attendance on both databases: taps out of events, corrections, a unit's records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cardsvc.attendance_records import (
    TAP_KIND,
    Absence,
    Correction,
    CorrectionKind,
    CorrectionState,
    Direction,
    LeaveLock,
)
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.event_chain import (
    AgentEvent,
    ChainHead,
    JsonScalar,
    ReceivedEvent,
    encode_agent_event,
    receive_event,
)
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.attendance_store import SqlAttendance
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from issuance.attendance.corrections import correct_tap, decide_correction, report_absence
from tests.support.issuance_store_contract import make_application, make_card

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAYS = (date(2026, 11, 1), date(2026, 11, 30))
WINDOW = (datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC))
APPLICATION = make_application()
HOLDER = APPLICATION.holder
CARD = make_card(APPLICATION)
CHAIN = bytes(range(16))


@pytest.fixture
def attendance(database: Database, sealer: Sealer) -> SqlAttendance:
    with SqlIssuanceStore(database, sealer).transaction() as transaction:
        transaction.add_application(APPLICATION)
        transaction.add_card(CARD)
    SqlAccessStore(database).enrol_agent("cua-1", "Cửa", operator="admin", at=AT)
    return SqlAttendance(database)


def events(*told: dict[str, JsonScalar]) -> list[ReceivedEvent]:
    head, found = ChainHead.of_empty(CHAIN), []
    for number, facts in enumerate(told):
        at = AT + timedelta(hours=number)
        event = AgentEvent(CHAIN, head.seq + 1, head.sha256, at, TAP_KIND, facts)
        found.append(receive_event(encode_agent_event(event)))
        head = ChainHead(event.seq, found[-1].sha256)
    return found


def tap(direction: str, card: CardGuid = CARD.guid) -> dict[str, JsonScalar]:
    return {"card": str(card), "direction": direction, "place": "cua-bac"}


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises((IssuanceError, StoreError)) as caught:
        call()
    return caught.value.reason


def staff(attendance: SqlAttendance, unit: str | None = None) -> list[object]:
    assert HOLDER.employment is not None
    code = HOLDER.employment.agency_code
    return list(attendance.staff(code, unit, days=DAYS, window=WINDOW))


def test_taps_count_once_and_only_what_is_one(
    database: Database, attendance: SqlAttendance
) -> None:
    unknown = CardGuid(bytes(15) + b"\x01")
    sent = events(
        tap("in"),
        tap("up"),
        {"card": "nobody", "direction": "in", "place": "cua-bac"},
        {"card": str(CARD.guid), "direction": "in", "place": 5},
        tap("in", unknown),
        tap("out"),
    )
    kept = SqlAgentEvents(database)
    for batch in (sent[:3], sent, sent):
        kept.take("cua-1", CHAIN, batch, AT)
    (record,) = attendance.staff(
        HOLDER.employment.agency_code,
        None,
        days=DAYS,
        window=WINDOW,  # type: ignore[union-attr]
    )
    assert [(one.at, one.direction, one.place) for one in record.taps] == [
        (AT, Direction.IN, "cua-bac"),
        (AT + timedelta(hours=5), Direction.OUT, "cua-bac"),
    ]
    assert record.member.name == HOLDER.name


def test_a_unit_is_found_by_its_name(attendance: SqlAttendance) -> None:
    assert HOLDER.employment is not None
    assert len(staff(attendance, HOLDER.employment.unit_name)) == 1
    assert staff(attendance, "Đội không có") == []


def test_a_leave_is_read_off_the_audit_log(database: Database, attendance: SqlAttendance) -> None:
    def said(action: AuditAction, at: datetime, **facts: str | None) -> None:
        attendance.record(AuditEvent(at, "lan", action, str(CARD.guid), dict(facts)))

    said(AuditAction.CARD_SUSPENDED, AT, cause="leave", until=None)
    said(AuditAction.CARD_RESUMED, AT + timedelta(days=2))
    said(AuditAction.CARD_SUSPENDED, AT + timedelta(days=3), cause="other", until=None)
    said(AuditAction.CARD_RESUMED, AT + timedelta(days=4))
    said(AuditAction.CARD_SUSPENDED, AT + timedelta(days=5), cause="leave", until=None)
    (record,) = attendance.staff(
        HOLDER.employment.agency_code,
        None,
        days=DAYS,
        window=WINDOW,  # type: ignore[union-attr]
    )
    assert record.leaves == (
        LeaveLock(AT, AT + timedelta(days=2)),
        LeaveLock(AT + timedelta(days=5), None),
    )


def asked(attendance: SqlAttendance, name: str = "c-1") -> Correction:
    return report_absence(
        attendance,
        HOLDER.id,
        correction_id=name,
        absence=Absence.SICK,
        days=(date(2026, 11, 23), date(2026, 11, 25)),
        operator="Lan",
        at=AT,
    )


def test_a_correction_counts_once_another_has_approved_it(
    database: Database, attendance: SqlAttendance
) -> None:
    asked(attendance)
    (waiting,) = attendance.corrections(CorrectionState.REQUESTED)
    assert attendance.find("c-1") == waiting
    (record,) = staff(attendance)
    assert record.corrections == ()  # type: ignore[attr-defined]
    same = refusal(
        lambda: decide_correction(attendance, "c-1", approve=True, operator="LAN", at=AT)
    )
    assert same is ReasonCode.SAME_OPERATOR
    decide_correction(attendance, "c-1", approve=True, operator="hùng", at=AT)
    (record,) = staff(attendance)
    (approved,) = record.corrections  # type: ignore[attr-defined]
    assert (approved.state, approved.decided_by) == (CorrectionState.APPROVED, "hùng")
    again = refusal(
        lambda: decide_correction(attendance, "c-1", approve=False, operator="minh", at=AT)
    )
    assert again is ReasonCode.ILLEGAL_TRANSITION
    told = [one.event for one in AuditLog(database).events() if "attendance" in one.event.action]
    assert {one.action for one in told} == {
        AuditAction.ATTENDANCE_CORRECTION,
        AuditAction.ATTENDANCE_APPROVED,
    }
    assert not any("sick" in str(one.facts) for one in told)


def test_who_asked_may_take_it_back_and_a_rejected_one_counts_nothing(
    attendance: SqlAttendance,
) -> None:
    asked(attendance)
    decide_correction(attendance, "c-1", approve=False, operator="lan", at=AT)
    (record,) = staff(attendance)
    assert record.corrections == ()  # type: ignore[attr-defined]


def test_of_two_decisions_one_happens(attendance: SqlAttendance) -> None:
    first = asked(attendance)
    decided = replace(first, state=CorrectionState.APPROVED, decided_by="hung", decided_at=AT)
    event = AuditEvent(AT, "hung", AuditAction.ATTENDANCE_APPROVED, "c-1")
    attendance.change(decided, event)
    late = refusal(lambda: attendance.change(decided, event))
    assert late is ReasonCode.CONCURRENT_CHANGE


@pytest.mark.reason(ReasonCode.CORRECTION_UNKNOWN)
def test_what_nobody_asked_for_is_unknown(attendance: SqlAttendance) -> None:
    assert refusal(lambda: attendance.find("c-9")) is ReasonCode.CORRECTION_UNKNOWN


def test_a_forgotten_tap_is_somebodys_and_past(attendance: SqlAttendance) -> None:
    def correct(holder: str, at: datetime) -> Correction:
        return correct_tap(
            attendance,
            holder,
            correction_id="c-2",
            kind=CorrectionKind.OUT,
            tapped_at=at,
            operator="lan",
            at=AT,
        )

    assert refusal(lambda: correct("nobody", AT)) is ReasonCode.HOLDER_UNKNOWN
    evening = datetime(2026, 11, 20, 23, 30, tzinfo=VIETNAM_TIME)
    assert correct(HOLDER.id, evening).first_day == date(2026, 11, 20)
    with pytest.raises(ValueError):
        correct(HOLDER.id, AT + timedelta(seconds=1))


def test_the_database_itself_wants_two_persons(
    database: Database, attendance: SqlAttendance
) -> None:
    first = asked(attendance)
    alone = replace(first, state=CorrectionState.APPROVED, decided_by="lan", decided_at=AT)
    event = AuditEvent(AT, "lan", AuditAction.ATTENDANCE_APPROVED, "c-1")
    assert refusal(lambda: attendance.change(alone, event)) is ReasonCode.CONCURRENT_CHANGE
    assert attendance.find("c-1").state is CorrectionState.REQUESTED


def test_corrections_are_walked_page_by_page(attendance: SqlAttendance) -> None:
    for number in range(5):
        asked(attendance, f"c-{number}")
    first = attendance.corrections(CorrectionState.REQUESTED, limit=3)
    rest = attendance.corrections(CorrectionState.REQUESTED, after=first[-1].id, limit=3)
    assert [one.id for one in (*first, *rest)] == [f"c-{number}" for number in range(5)]


def test_the_queue_is_walked_in_an_operator_s_scope(attendance: SqlAttendance) -> None:
    for number in range(3):
        asked(attendance, f"c-{number}")
    assert HOLDER.employment is not None
    own = frozenset({HOLDER.employment.agency_code.value})
    first = attendance.queue(CorrectionState.REQUESTED, own, limit=2)
    rest = attendance.queue(CorrectionState.REQUESTED, own, after=first[-1].correction.id, limit=2)
    assert [one.correction.id for one in (*first, *rest)] == ["c-0", "c-1", "c-2"]
    assert first[0].correction == attendance.find("c-0")
    assert (first[0].holder_name, first[0].agency_code) == (HOLDER.name.value, *own)
    assert attendance.queue(CorrectionState.APPROVED, own, limit=2) == []
    assert attendance.queue(CorrectionState.REQUESTED, frozenset({"H62"}), limit=2) == []
