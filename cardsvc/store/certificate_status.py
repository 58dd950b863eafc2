"""Changes to a certificate's status, each with its audit event; used by the CA and the RA."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, object_session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.schema import CertificateRow
from cardsvc.store.status_changes import note_certificate_change
from cardsvc.terms import RevocationReason

CA_ACTOR = "system"
"""The ledger is not told who asked; the event of the use case that asked says so."""


def certificate_event(action: AuditAction, row: CertificateRow, at: datetime) -> AuditEvent:
    """Return the audit event of a change to a certificate."""
    return AuditEvent(
        at=at,
        actor=CA_ACTOR,
        action=action,
        subject=f"{row.serial:x}",
        facts={
            "issuer_key_id": row.issuer_key_id.hex(),
            "profile": row.profile,
            "guid": None if row.guid is None else str(row.guid),
            "reason": None if row.revocation_reason is None else row.revocation_reason.value,
        },
    )


def lock_certificates(session: Session, which: ColumnElement[bool]) -> Sequence[CertificateRow]:
    """Return rows, locked, always in the same order so that two revokers can't deadlock."""
    query = (
        select(CertificateRow)
        .where(which)
        .order_by(CertificateRow.issuer_key_id, CertificateRow.serial)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def revoke_row(
    row: CertificateRow, reason: RevocationReason, at: datetime, trail: AuditTrail
) -> None:
    """Revoke or hold; what is revoked for good keeps its reason (RFC 5280 section 5.3.1)."""
    hold = RevocationReason.CERTIFICATE_HOLD
    old = row.revocation_reason
    if old is not None and (old is not hold or reason is hold):
        return
    row.revocation_reason, row.revoked_at = reason, at
    _note(row)
    trail.record(certificate_event(AuditAction.CERTIFICATE_REVOKED, row, at))


def release_row(row: CertificateRow, at: datetime, trail: AuditTrail) -> None:
    """Take off hold; what is revoked for good stays so."""
    if row.revocation_reason is not RevocationReason.CERTIFICATE_HOLD:
        return
    trail.record(certificate_event(AuditAction.CERTIFICATE_RELEASED, row, at))
    row.revocation_reason, row.revoked_at = None, None
    _note(row)


def _note(row: CertificateRow) -> None:
    session = object_session(row)
    if session is not None:  # always so: rows are changed where they were locked
        note_certificate_change(session, row.issuer_key_id, row.guid)
