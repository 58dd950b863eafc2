"""Requests about personal data, retention, and the copy that a person gets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cardsvc.attendance_records import TAP_KIND, CorrectionKind, CorrectionState
from cardsvc.audit import AuditAction
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.event_chain import AgentEvent, ChainHead, encode_agent_event, receive_event
from cardsvc.holder_search_records import HolderFilter
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import LossChannel, LossState
from cardsvc.privacy_records import DataKind, ErasureHold, RequestKind, RequestState
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.attendance_store import SqlAttendance
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.holder_facts import SqlHolderFacts
from cardsvc.store.holder_search import SqlHolderDirectory
from cardsvc.store.photo_store import SqlPortraits
from cardsvc.store.schema import HolderPhotoRow, LossCaseRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.verification_store import SqlCardDirectory
from issuance.attendance.corrections import correct_tap
from issuance.privacy.export import export_person
from issuance.registry.search_query import parse_search
from tests.support.issuance_store_contract import AT
from tests.support.privacy_office import (
    EMAIL,
    FORMER,
    LONG_AGO,
    NAME,
    NUMBER,
    PHONE,
    Office,
    next_number,
)

CHAIN = bytes(range(16))


@pytest.fixture
def office(database: Database, sealer: Sealer) -> Office:
    return Office(database, sealer)


@pytest.mark.reason(ReasonCode.ERASURE_HELD)
@pytest.mark.parametrize(
    ("at", "card", "application", "hold"),
    [
        (AT, CardState.ACTIVE, ApplicationState.FULFILLED, ErasureHold.LIVE_CARD),
        (AT, CardState.SUSPENDED, ApplicationState.FULFILLED, ErasureHold.LIVE_CARD),
        (LONG_AGO, CardState.TORN, ApplicationState.WITHDRAWN, ErasureHold.LIVE_CARD),
        (LONG_AGO, None, ApplicationState.APPROVED, ErasureHold.OPEN_APPLICATION),
        (AT, CardState.REVOKED, ApplicationState.FULFILLED, ErasureHold.RETENTION_DUTY),
        (AT, None, ApplicationState.REJECTED, ErasureHold.RETENTION_DUTY),
    ],
)
def test_what_stands_against_an_erasure(
    office: Office,
    at: datetime,
    card: CardState | None,
    application: ApplicationState,
    hold: ErasureHold,
) -> None:
    office.person(at, card, application)
    assert hold in office.holds()
    request = office.asked(RequestKind.ERASURE)
    with pytest.raises(IssuanceError) as caught:
        office.requests.grant(request, operator="hung", at=AT)
    assert caught.value.reason is ReasonCode.ERASURE_HELD
    assert hold.value in str(caught.value)
    refused = office.requests.refuse(request, reason="live_card", operator="lan", at=AT)
    assert refused.state is RequestState.REFUSED


def test_an_expired_card_and_a_post_that_ended_hold_nothing(office: Office) -> None:
    office.person(LONG_AGO, CardState.ACTIVE)
    assert office.holds() == set()
    post = office.holder.employment
    assert post is not None
    office.holder = replace(office.holder, employment=replace(post, until=None), version=0)
    office.person(LONG_AGO)
    assert office.holds() == {ErasureHold.EMPLOYED}


def test_retention_ends_what_is_due_in_batches_and_once(office: Office, database: Database) -> None:
    due, people = office.person(), 5
    office.order(due, AT - timedelta(days=31))
    office.order(due, AT - timedelta(days=29))
    for number in range(people - 1):
        office.holder = replace(
            office.holder, id=f"holder-due-{number}", personal_number=next_number(office.holder)
        )
        office.person()
    office.holder = replace(
        office.holder, id="holder-kept", personal_number=next_number(office.holder)
    )
    office.person(AT - timedelta(days=300))
    none = dict.fromkeys(DataKind, 0)
    expected = none | {DataKind.HOLDER: people, DataKind.DESK_ORDER: 1}
    assert office.retention.check(AT) == expected
    run = office.retention.run
    assert run(AT, operator="system", limit=2)[DataKind.HOLDER] == 2
    assert run(AT, operator="system", limit=100)[DataKind.HOLDER] == people - 2
    assert not any(run(AT, operator="system", limit=100).values())
    assert not any(office.retention.check(AT).values())
    with office.privacy.transaction() as unit:
        assert unit.person_file("holder-kept").erased_at is None
    events = [entry.event.action for entry in AuditLog(database).events()]
    assert events.count(AuditAction.PRIVACY_ERASED) == people
    assert AuditLog(database).verify().size > 0


def test_former_photos_and_closed_cases_go_and_the_present_ones_stay(
    office: Office, database: Database
) -> None:
    office.person(AT - timedelta(days=300))
    old, new = AT - timedelta(days=3000), AT - timedelta(days=10)
    holder = office.holder.id
    photos = ((1, old), (2, old), (3, new))  # the second was followed ten days ago only
    with database.writing() as session:
        for number, at in photos:
            session.add(
                HolderPhotoRow(
                    holder_id=holder, number=number, print_sealed=b"p", chip_sealed=b"c",
                    source_index=bytes([number]), findings=[], added_by="lan", added_at=at,
                )
            )  # fmt: skip
        for name, state, closed_at in (
            ("closed-long-ago", LossState.FOUND, old),
            ("closed-lately", LossState.CONFIRMED, new),
            ("open", LossState.OPEN, None),
        ):
            closed_by = None if closed_at is None else "hung"
            session.add(
                LossCaseRow(
                    id=name, holder_id=holder, channel=LossChannel.COUNTER, reported_by="lan",
                    reported_at=old, checks=[], state=state, closed_by=closed_by,
                    closed_at=closed_at,
                )
            )  # fmt: skip
    due = office.retention.check(AT)
    assert (due[DataKind.FORMER_PHOTO], due[DataKind.LOSS_CASE]) == (1, 1)
    ended = office.retention.run(AT, operator="system", limit=100)
    assert (ended[DataKind.FORMER_PHOTO], ended[DataKind.LOSS_CASE]) == (1, 1)
    with database.reading() as session:
        assert sorted(session.scalars(select(HolderPhotoRow.number))) == [2, 3]
        assert sorted(session.scalars(select(LossCaseRow.id))) == ["closed-lately", "open"]
    assert AuditLog(database).verify().size > 0


def test_attendance_and_agents_events_go_in_time_and_the_log_stays_provable(
    office: Office, database: Database
) -> None:
    office.person(AT - timedelta(days=300))
    with office.privacy.transaction() as unit:
        (held,) = unit.person_file(office.holder.id).cards
    card = str(held.guid)
    old, new = AT - timedelta(days=2000), AT - timedelta(days=10)
    events = SqlAgentEvents(database)
    SqlAccessStore(database).enrol_agent("cua-1", "Cửa", operator="admin", at=old)
    facts = {"card": card, "direction": "in", "place": "sanh"}
    head = ChainHead.of_empty(CHAIN)
    for at, received in ((old, old), (old, new), (new, new)):
        event = AgentEvent(CHAIN, head.seq + 1, head.sha256, at, TAP_KIND, facts)
        one = receive_event(encode_agent_event(event))
        events.take("cua-1", CHAIN, [one], received)
        head = ChainHead(event.seq, one.sha256)
    attendance = SqlAttendance(database)
    for name, at in (("c-old", old), ("c-new", new)):
        correct_tap(
            attendance, office.holder.id, correction_id=name, kind=CorrectionKind.OUT,
            tapped_at=at, operator="lan", at=at,
        )  # fmt: skip
    copy = export_person(office.privacy, office.holder.id, office.rules, operator="lan", at=AT)
    document = json.loads(copy.json)
    assert [one["guid"] for one in document["attendance_taps"]] == [card] * 3
    assert len(document["attendance_corrections"]) == 2
    assert "Các lần chấm công" in copy.html.decode()
    expected = {
        DataKind.ATTENDANCE_TAP: 2, DataKind.ATTENDANCE_CORRECTION: 1, DataKind.AGENT_EVENT: 1,
    }  # fmt: skip
    assert office.retention.check(AT) == dict.fromkeys(DataKind, 0) | expected
    assert office.retention.run(AT, operator="system", limit=100).items() >= expected.items()
    assert not any(office.retention.check(AT).values())
    assert [one.received_at for one in events.events()] == [new, new]
    assert [one.id for one in attendance.corrections(CorrectionState.REQUESTED)] == ["c-new"]
    with office.privacy.transaction() as unit:
        assert [one.at for one in unit.person_file(office.holder.id).taps] == [new]
    # the chain goes on, and the log is whole
    assert events.head("cua-1", CHAIN) == head
    assert AuditLog(database).verify().size > 0


@pytest.mark.reason(ReasonCode.HOLDER_RESTRICTED)
def test_a_restricted_persons_data_serves_nothing_new(office: Office) -> None:
    office.person()
    office.requests.grant(office.asked(RequestKind.RESTRICTION), operator="lan", at=AT)
    with pytest.raises(IssuanceError) as caught:
        office.person()
    assert caught.value.reason is ReasonCode.HOLDER_RESTRICTED
    assert office.requests.lift_restriction(office.holder.id, operator="hung", at=AT)
    assert not office.requests.lift_restriction(office.holder.id, operator="hung", at=AT)
    office.person()


def test_a_restricted_persons_data_is_shown_and_released_to_nobody(
    office: Office, database: Database, sealer: Sealer
) -> None:
    office.person()
    holder = office.holder.id
    with office.privacy.transaction() as unit:
        (card,) = unit.person_file(holder).cards
    with database.writing() as session:
        session.add(
            HolderPhotoRow(
                holder_id=holder, number=1, print_sealed=b"p", chip_sealed=b"c",
                source_index=b"1", findings=[], added_by="lan", added_at=AT,
            )
        )  # fmt: skip
    facts, directory = SqlHolderFacts(database, sealer), SqlHolderDirectory(database, sealer)
    cards, portraits = SqlCardDirectory(database), SqlPortraits(database, sealer)
    home = ProvinceCode(ProvinceTable.DECISION_19_2025, "79")
    facts.record_residence(holder, home, operator="lan", at=AT)

    def found(typed: str) -> int:
        return len(directory.search(HolderFilter(parse_search(typed))).holders)

    def name() -> str:
        on_record = cards.find(card.guid)
        assert on_record is not None
        return on_record.holder_name

    beginning = str(card.guid)[:8]
    assert (found("Nguyễn Thị"), found(NUMBER), name()) == (1, 1, NAME)
    assert (found(beginning), found(str(card.guid))) == (1, 1)
    assert facts.facts(holder)
    assert facts.has_photo(holder)
    office.requests.grant(office.asked(RequestKind.RESTRICTION), operator="lan", at=AT)
    assert (found(""), found("Nguyễn Thị"), found(NUMBER), name()) == (0, 0, 1, "")
    # the beginning of a card leads to a list, and may be many people's
    assert (found(beginning), found(str(card.guid))) == (0, 1)
    assert facts.facts(holder) is None
    assert not facts.has_photo(holder)
    assert portraits.of_card(card.guid) is None
    assert directory.restricted_since(holder) == AT
    office.requests.lift_restriction(holder, operator="hung", at=AT)
    assert (found("Nguyễn Thị"), name()) == (1, NAME)
    assert facts.has_photo(holder)
    assert directory.restricted_since(holder) is None


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
def test_an_erasure_needs_two_people(office: Office) -> None:
    office.person()
    request = office.asked(RequestKind.ERASURE)
    with pytest.raises(IssuanceError) as caught:
        office.requests.grant(request, operator="LAN ", at=AT)
    assert caught.value.reason is ReasonCode.SAME_OPERATOR


@pytest.mark.reason(ReasonCode.PRIVACY_REQUEST_UNKNOWN)
def test_an_unknown_request_or_person_is_refused(office: Office) -> None:
    with pytest.raises(IssuanceError) as caught:
        office.requests.acknowledge("nothing", operator="lan", at=AT)
    assert caught.value.reason is ReasonCode.PRIVACY_REQUEST_UNKNOWN
    with pytest.raises(IssuanceError) as caught:
        office.requests.receive("r", "nobody", RequestKind.ACCESS, operator="lan", at=AT)
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN


def test_the_queue_shows_what_is_late(office: Office) -> None:
    office.person()
    office.requests.receive("r", office.holder.id, RequestKind.ACCESS, operator="lan", at=AT)
    request = office.privacy.requests()[0]
    assert office.privacy.requests(overdue_on=request.acknowledge_by) == []
    late = request.acknowledge_by + timedelta(days=1)
    assert office.privacy.requests(overdue_on=late) == [request]
    office.requests.acknowledge("r", operator="lan", at=AT)
    assert office.privacy.requests(overdue_on=late) == []
    assert len(office.privacy.requests(overdue_on=request.act_by + timedelta(days=1))) == 1
    assert office.privacy.requests(state=RequestState.CLOSED) == []


def test_a_person_gets_everything_and_the_audit_says_so(office: Office) -> None:
    application = office.person()
    office.asked(RequestKind.ACCESS)
    copy = export_person(office.privacy, office.holder.id, office.rules, operator="lan", at=AT)
    document = json.loads(copy.json)
    person = document["person"]
    assert (person["name"], person["personal_number"]) == (NAME, NUMBER)
    assert person["former_numbers"][0]["number"] == FORMER
    assert person["residence"] == "79 (2004)"
    assert (person["phone"], person["email"]) == (PHONE, EMAIL)
    assert document["applications"][0]["id"] == application.id
    (card,) = document["cards"]
    assert {event["subject"] for event in document["events"]} >= {application.id, card["guid"]}
    assert document["requests"][0]["kind"] == "access"
    assert len(document["purposes"]) == len(DataKind)
    page = copy.html.decode()
    for text_ in (NAME, NUMBER, "Bản sao dữ liệu cá nhân", card["guid"]):
        assert text_ in page
    assert NUMBER not in repr(copy)
    with office.privacy.transaction() as unit:
        actions = [event.action for event in unit.person_file(office.holder.id).events]
    assert AuditAction.PRIVACY_EXPORTED in actions
