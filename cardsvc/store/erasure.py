"""What erasing a person overwrites: every table that holds facts of a person is named here.

``ERASED_TABLES`` and ``KEPT_TABLES`` together name every table with a holder, a sealed value or a
certificate in it; a test holds them against the schema, so that no new table is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from cardsvc.store.holder_mapping import holder_values
from cardsvc.store.schema import (
    ApplicationRow,
    AttendanceCorrectionRow,
    AttendanceTapRow,
    CardKeyRow,
    CardRow,
    CertificateRow,
    HolderAliasRow,
    HolderErasureRow,
    HolderPhotoRow,
    HolderResidenceRow,
    HolderRow,
    HolderWordRow,
    ImportRowRow,
    LossReportRow,
    PartnerCardRow,
    PersonalisationJobRow,
)
from cardsvc.store.sealed import KEY_OCTETS, Sealer

ERASED_NAME = "Đã xóa"
_NO_NUMBER = "000000000000"
_ERASED_CERTIFICATE = b""
"""A staff certificate's subject is the person's name; serial and key stay for the CRL."""


def erase_holder(session: Session, sealer: Sealer, holder_id: str, at: datetime) -> bool:
    """Overwrite a person's facts wherever they are; False where it was done before."""
    if session.get(HolderErasureRow, holder_id) is not None:
        return False
    for erase in ERASED_TABLES.values():
        erase(session, sealer, holder_id)
    session.add(HolderErasureRow(holder_id=holder_id, at=at))
    session.flush()
    session.expunge_all()  # what was read of this person is stale now
    return True


def _holder(session: Session, sealer: Sealer, holder_id: str) -> None:
    nobody = Holder(holder_id, PersonName(ERASED_NAME), PersonalNumber(_NO_NUMBER))
    optional = {one.key: None for one in HolderRow.__table__.columns if one.nullable}
    values = {
        **optional,
        **holder_values(nobody, sealer),
        # no number, so nobody is found by it, and nobody else's index is taken
        "personal_number_index": secrets.token_bytes(KEY_OCTETS),
        "version": HolderRow.version + 1,
    }
    _run(session, update(HolderRow).where(HolderRow.id == holder_id).values(values))


def _words(session: Session, _sealer: Sealer, holder_id: str) -> None:
    _run(session, delete(HolderWordRow).where(HolderWordRow.holder_id == holder_id))


def _aliases(session: Session, _sealer: Sealer, holder_id: str) -> None:
    _run(session, delete(HolderAliasRow).where(HolderAliasRow.holder_id == holder_id))


def _photos(session: Session, _sealer: Sealer, holder_id: str) -> None:
    _run(session, delete(HolderPhotoRow).where(HolderPhotoRow.holder_id == holder_id))


def _residence(session: Session, _sealer: Sealer, holder_id: str) -> None:
    _run(session, delete(HolderResidenceRow).where(HolderResidenceRow.holder_id == holder_id))


def _import_rows(session: Session, _sealer: Sealer, holder_id: str) -> None:
    statement = update(ImportRowRow).where(ImportRowRow.holder_id == holder_id)
    _run(session, statement.values(content_sealed=None, photo=""))


def _orders(session: Session, sealer: Sealer, holder_id: str) -> None:
    applications = select(ApplicationRow.id).where(ApplicationRow.holder_id == holder_id)
    jobs = select(PersonalisationJobRow.id).where(
        PersonalisationJobRow.application_id.in_(applications)
    )
    for job_id in session.scalars(jobs).all():
        sealed = sealer.seal("{}", f"personalisation_jobs.plan:{job_id}")
        statement = update(PersonalisationJobRow).where(PersonalisationJobRow.id == job_id)
        _run(session, statement.values(plan_sealed=sealed))


def _notes(session: Session, _sealer: Sealer, holder_id: str) -> None:
    statement = update(ApplicationRow).where(ApplicationRow.holder_id == holder_id)
    _run(session, statement.values(note_sealed=None))


def _loss_reports(session: Session, _sealer: Sealer, holder_id: str) -> None:
    number = select(HolderRow.personal_number_index).where(HolderRow.id == holder_id)
    about = LossReportRow.number_index.in_(number)
    _run(session, delete(LossReportRow).where(about))


def _partner_names(session: Session, _sealer: Sealer, holder_id: str) -> None:
    cards = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    _run(session, delete(PartnerCardRow).where(PartnerCardRow.guid.in_(cards)))


def _attendance(session: Session, _sealer: Sealer, holder_id: str) -> None:
    cards = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    _run(session, delete(AttendanceTapRow).where(AttendanceTapRow.guid.in_(cards)))
    of_holder = AttendanceCorrectionRow.holder_id == holder_id
    _run(session, delete(AttendanceCorrectionRow).where(of_holder))


def _card_keys(session: Session, _sealer: Sealer, holder_id: str) -> None:
    cards = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    statement = update(CardKeyRow).where(CardKeyRow.guid.in_(cards))
    _run(session, statement.values(certificate_der=_ERASED_CERTIFICATE))


def _ledger(session: Session, _sealer: Sealer, holder_id: str) -> None:
    cards = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    statement = update(CertificateRow).where(CertificateRow.guid.in_(cards))
    # what was never signed has no certificate: that stays so
    signed = func.substr(CertificateRow.certificate_der, 1, 0)
    _run(session, statement.values(draft_der=_ERASED_CERTIFICATE, certificate_der=signed))


def _run(session: Session, statement: object) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]


ERASED_TABLES: dict[str, Callable[[Session, Sealer, str], None]] = {
    "holder_words": _words,
    "holder_aliases": _aliases,
    "holder_photos": _photos,
    "holder_residences": _residence,
    "import_rows": _import_rows,
    "personalisation_jobs": _orders,
    "applications": _notes,
    "loss_reports": _loss_reports,
    "attendance_corrections": _attendance,  # and the taps of the person's cards
    "partner_cards": _partner_names,
    "card_keys": _card_keys,
    "certificate_ledger": _ledger,
    "holders": _holder,
}
"""Tables with facts of a person, and what erases them."""

KEPT_TABLES = frozenset(
    {
        "cards",  # identifiers, states and instants
        "loss_cases",
        "batch_steps",
        "approval_decisions",  # the sealed name of the official who signed
        "privacy_requests",
        "holder_restrictions",
        "holder_erasures",
        "operators",  # the sealed second factor of our own staff
        "answered_requests",  # sealed answers to partners, forgotten after a day
        "agent_answered_requests",  # the same to agents
    }
)
"""Tables that refer to a person, or seal something else, and hold no fact of a holder."""
