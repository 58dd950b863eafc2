"""Facts of a holder that a decision releases; opens sealed numbers, so it is asked for grants only.

Implements ``verification.release.grant.HolderDirectory``.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable, find
from cardsvc.service_records import HolderFacts
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.holder_mapping import read_holder
from cardsvc.store.restriction import is_unrestricted
from cardsvc.store.schema import (
    HolderPhotoRow,
    HolderResidenceRow,
    HolderRestrictionRow,
    HolderRow,
)
from cardsvc.store.sealed import Sealer


class SqlHolderFacts:
    """Reads what may be released of holders, and keeps where they live."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def facts(self, holder_id: str) -> HolderFacts | None:
        """Return a holder's facts, or None where there is no such holder, or they are restricted.

        Raises:
            StoreError: a sealed value does not open, or is not of its form (RECORD_CORRUPT).
        """
        with self._database.reading() as session:
            row = session.get(HolderRow, holder_id)
            if row is None or session.get(HolderRestrictionRow, holder_id) is not None:
                return None
            holder = read_holder(row, self._sealer)
            lives = session.get(HolderResidenceRow, holder_id)
            return HolderFacts(
                personal_number=holder.personal_number,
                birth_date=holder.birth_date,
                employment=holder.employment,
                delegation=holder.delegation,
                residence=None if lives is None else _province(lives),
            )

    def has_photo(self, holder_id: str) -> bool:
        """Tell whether a photo is on record that may be used; nothing is opened for that."""
        row = HolderPhotoRow
        one = select(row.number).where(row.holder_id == holder_id, is_unrestricted(row.holder_id))
        with self._database.reading() as session:
            return session.scalar(one.limit(1)) is not None

    def record_residence(
        self, holder_id: str, province: ProvinceCode, *, operator: str, at: datetime
    ) -> None:
        """Keep the province where a holder lives, as an officer saw it proven.

        Raises:
            IssuanceError: there is no such holder (HOLDER_UNKNOWN).
            StoreError: the code names no province (RECORD_CORRUPT).
        """
        if find(province) is None:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "no such province")
        with audited(self._database) as (session, trail):
            if session.get(HolderRow, holder_id) is None:
                raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, f"no holder {holder_id}")
            row = session.get(HolderResidenceRow, holder_id)
            if row is None:
                row = HolderResidenceRow(holder_id=holder_id)
                session.add(row)
            row.province_code, row.province_table = province.code, province.table.value
            row.recorded_at = at
            trail.record(AuditEvent(at, operator, AuditAction.RESIDENCE_RECORDED, holder_id))


def _province(row: HolderResidenceRow) -> ProvinceCode:
    try:
        return ProvinceCode(ProvinceTable(row.province_table), row.province_code)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "no such table of provinces") from None
