"""Gathers everything that is held about one person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from cardsvc.privacy_records import (
    HeldApplication,
    HeldCard,
    HeldCorrection,
    HeldDecision,
    HeldEvent,
    HeldTap,
    PersonFile,
    PrivacyRequest,
)
from cardsvc.store.holder_mapping import read_holder
from cardsvc.store.schema import (
    ApplicationRow,
    AttendanceCorrectionRow,
    AttendanceTapRow,
    AuditEventRow,
    CardRow,
    DecisionRow,
    HolderErasureRow,
    HolderResidenceRow,
    HolderRestrictionRow,
    HolderRow,
)
from cardsvc.store.sealed import Sealer

_IN_ONE_QUESTION = 500


def read_person_file(
    session: Session, sealer: Sealer, row: HolderRow, requests: tuple[PrivacyRequest, ...]
) -> PersonFile:
    """Return a person's file; of the audit log, what names the person's identifiers."""
    erased = session.get(HolderErasureRow, row.id)
    restricted = session.get(HolderRestrictionRow, row.id)
    home = session.get(HolderResidenceRow, row.id)
    applications = _applications(session, row.id)
    cards = _cards(session, row.id)
    subjects = [
        row.id,
        *(one.id for one in applications),
        *(str(one.guid) for one in cards),
        *(one.id for one in requests),
    ]
    return PersonFile(
        holder=read_holder(row, sealer),
        erased_at=erased.at if erased else None,
        restricted_since=restricted.since if restricted else None,
        residence=f"{home.province_code} ({home.province_table})" if home else None,
        applications=applications,
        cards=cards,
        decisions=_decisions(session, cards),
        taps=_taps(session, cards),
        corrections=_corrections(session, row.id),
        events=_events(session, subjects),
        requests=requests,
    )


def _applications(session: Session, holder_id: str) -> tuple[HeldApplication, ...]:
    row = ApplicationRow
    query = (
        select(row.id, row.card_type, row.state, row.requested_at, row.approved_at)
        .where(row.holder_id == holder_id)
        .order_by(row.requested_at, row.id)
    )
    return tuple(HeldApplication(*one) for one in session.execute(query))


def _cards(session: Session, holder_id: str) -> tuple[HeldCard, ...]:
    row = CardRow
    query = (
        select(row.guid, row.card_type, row.state, row.expires_at)
        .where(row.holder_id == holder_id)
        .order_by(row.application_id, row.ordinal)
    )
    return tuple(HeldCard(*one) for one in session.execute(query))


def _decisions(session: Session, cards: tuple[HeldCard, ...]) -> tuple[HeldDecision, ...]:
    row = DecisionRow
    query = select(row).where(row.guid.in_([card.guid for card in cards])).order_by(row.at)
    return tuple(
        HeldDecision(one.at, one.guid, one.relying_party, one.service, one.granted)
        for one in session.scalars(query)
        if one.guid is not None
    )


def _taps(session: Session, cards: tuple[HeldCard, ...]) -> tuple[HeldTap, ...]:
    row = AttendanceTapRow
    query = (
        select(row.at, row.guid, row.direction, row.place)
        .where(row.guid.in_([card.guid for card in cards]))
        .order_by(row.at, row.chain, row.seq)
    )
    return tuple(HeldTap(*one) for one in session.execute(query))


def _corrections(session: Session, holder_id: str) -> tuple[HeldCorrection, ...]:
    row = AttendanceCorrectionRow
    query = (
        select(
            row.kind, row.absence, row.first_day, row.last_day, row.at, row.state, row.requested_at
        )
        .where(row.holder_id == holder_id)
        .order_by(row.first_day, row.id)
    )
    return tuple(HeldCorrection(*one) for one in session.execute(query))


def _events(session: Session, subjects: list[str]) -> tuple[HeldEvent, ...]:
    row = AuditEventRow
    found: list[Row[int, datetime, str, str]] = []
    for start in range(0, len(subjects), _IN_ONE_QUESTION):
        some = subjects[start : start + _IN_ONE_QUESTION]
        query = select(row.seq, row.at, row.action, row.subject).where(row.subject.in_(some))
        found += session.execute(query).all()
    return tuple(
        HeldEvent(at, action, subject)
        for _, at, action, subject in sorted(found, key=lambda one: one.seq)
    )
