"""Visitor passes. Implements ``verification.flows.ports.VisitorPasses``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, tuple_

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import ReasonCode
from cardsvc.pass_records import PassClaims, VisitorPass
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import VisitorPassRow


class SqlVisitorPasses:
    """Keeps passes and counts their entries.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, visit: VisitorPass, *, actor: str) -> None:
        """Keep a new pass.

        Args:
            visit: the pass.
            actor: who issued it.

        Raises:
            StoreError: there is one of that identifier, or no such partner (CONCURRENT_CHANGE).
        """
        with audited(self._database) as (unit, trail):
            unit.add(
                VisitorPassRow(
                    id=visit.id,
                    relying_party=visit.relying_party,
                    host=visit.host,
                    zone=visit.zone,
                    issued_at=visit.issued_at,
                    not_before=visit.not_before,
                    expires_at=visit.expires_at,
                    entries=visit.entries,
                    used=visit.used,
                    revoked_at=visit.revoked_at,
                )
            )
            facts: AuditFacts = {
                "relying_party": visit.relying_party,
                "host": visit.host,
                "zone": visit.zone,
                "entries": visit.entries,
            }
            issued = AuditAction.VISIT_PERMITTED
            trail.record(AuditEvent(visit.issued_at, actor, issued, visit.id, facts))

    def find(self, pass_id: str) -> VisitorPass | None:
        """Return a pass, or None."""
        with self._database.reading() as unit:
            row = unit.get(VisitorPassRow, pass_id)
            return None if row is None else _read(row)

    def latest(
        self, limit: int, *, relying_party: str = "", after: str = ""
    ) -> Sequence[VisitorPass]:
        """Return passes, those first that end last, behind the one named by ``after``.

        Args:
            limit: how many at most.
            relying_party: of one partner; empty for all.
            after: the identifier of the last one that was given.
        """
        rows = VisitorPassRow
        query = select(rows).order_by(rows.expires_at.desc(), rows.id.desc()).limit(limit)
        if relying_party:
            query = query.where(rows.relying_party == relying_party)
        with self._database.reading() as unit:
            last = unit.get(rows, after) if after else None
            if last is not None:
                query = query.where(
                    tuple_(rows.expires_at, rows.id) < tuple_(last.expires_at, last.id)
                )
            return [_read(row) for row in unit.scalars(query)]

    def enter(self, claims: PassClaims, *, actor: str, at: datetime) -> VisitorPass | ReasonCode:
        """Count an entry; of any number of callers as many get in as the pass has entries.

        Returns:
            The pass after it, or why it opens nothing: PASS_UNKNOWN, PASS_REVOKED, PASS_USED.
        """
        with audited(self._database) as (unit, trail):
            row = unit.get(VisitorPassRow, claims.id, with_for_update=True)
            if row is None or row.relying_party != claims.relying_party:
                return ReasonCode.PASS_UNKNOWN
            if row.revoked_at is not None:
                return ReasonCode.PASS_REVOKED
            if row.used >= row.entries:
                return ReasonCode.PASS_USED
            row.used += 1
            facts: AuditFacts = {"zone": row.zone, "entry": row.used}
            entered = AuditAction.VISIT_ENTERED
            trail.record(AuditEvent(at, actor, entered, row.id, facts))
            return _read(row)

    def refuse(self, subject: str, reason: ReasonCode, *, actor: str, at: datetime) -> None:
        """Record that something was shown that opens nothing."""
        refused, facts = AuditAction.VISIT_REFUSED, {"reason": reason.value}
        with audited(self._database) as (_, trail):
            trail.record(AuditEvent(at, actor, refused, subject, {**facts}))

    def revoke(self, pass_id: str, *, actor: str, at: datetime) -> None:
        """Revoke a pass; nothing happens where it was revoked before, or is none."""
        with audited(self._database) as (unit, trail):
            row = unit.get(VisitorPassRow, pass_id, with_for_update=True)
            if row is not None and row.revoked_at is None:
                row.revoked_at = at
                trail.record(AuditEvent(at, actor, AuditAction.VISIT_REVOKED, pass_id))

    def revoked(self, at: datetime) -> Sequence[str]:
        """Return the identifiers of revoked passes whose time has not run out, sorted."""
        query = (
            select(VisitorPassRow.id)
            .where(VisitorPassRow.revoked_at.is_not(None), VisitorPassRow.expires_at >= at)
            .order_by(VisitorPassRow.id)
        )
        with self._database.reading() as unit:
            return unit.scalars(query).all()


def _read(row: VisitorPassRow) -> VisitorPass:
    return VisitorPass(
        id=row.id,
        relying_party=row.relying_party,
        host=row.host,
        zone=row.zone,
        issued_at=row.issued_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        entries=row.entries,
        used=row.used,
        revoked_at=row.revoked_at,
    )
