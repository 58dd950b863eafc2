"""Generations of partners' pseudonyms, and the cards that partners know by them.

Implements ``verification.flows.pseudonym_desk.PseudonymBook``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import CardRow, DecisionRow, HolderRow, PartnerCardRow, RelyingPartyRow

_AT_ONCE = 10_000


class SqlPseudonymBook:
    """Keeps generations; the names themselves are computed.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def generation(self, relying_party: str) -> int:
        """Return the present generation.

        Raises:
            StoreError: there is no such partner (RELYING_PARTY_UNKNOWN).
        """
        with self._database.reading() as unit:
            row = unit.get(RelyingPartyRow, relying_party)
            return _require(row).pseudonym_generation

    def rotate(self, relying_party: str, *, operator: str, at: datetime) -> int:
        """Begin the next generation and return it.

        Raises:
            StoreError: there is no such partner (RELYING_PARTY_UNKNOWN).
        """
        with audited(self._database) as (unit, trail):
            row = _require(unit.get(RelyingPartyRow, relying_party, with_for_update=True))
            row.pseudonym_generation += 1
            rotated = AuditAction.PSEUDONYMS_ROTATED
            facts: AuditFacts = {"generation": row.pseudonym_generation}
            trail.record(AuditEvent(at, operator, rotated, relying_party, facts))
            return row.pseudonym_generation

    def holders_told(self, relying_party: str) -> Sequence[str]:
        """Return the holders of whom the partner was told, sorted."""
        query = (
            select(CardRow.holder_id)
            .join(DecisionRow, DecisionRow.guid == CardRow.guid)
            .where(DecisionRow.relying_party == relying_party, DecisionRow.granted.is_(True))
            .distinct()
            .order_by(CardRow.holder_id)
        )
        with self._database.reading() as unit:
            return unit.scalars(query).all()

    def all_holders(self) -> Iterator[str]:
        """Yield all holders' identifiers, some thousands at a time."""
        last = ""
        while True:
            query = select(HolderRow.id).where(HolderRow.id > last).order_by(HolderRow.id)
            with self._database.reading() as unit:
                found = unit.scalars(query.limit(_AT_ONCE)).all()
            if not found:
                return
            yield from found
            last = found[-1]

    def explained(self, relying_party: str, holder_id: str, *, operator: str, at: datetime) -> None:
        """Record that an operator was told whose pseudonym it was."""
        explained = AuditAction.PSEUDONYM_EXPLAINED
        with audited(self._database) as (_, trail):
            facts: AuditFacts = {"relying_party": relying_party}
            trail.record(AuditEvent(at, operator, explained, holder_id, facts))

    def cards_named(self, relying_party: str, pseudonym: str) -> Sequence[CardGuid]:
        """Return the cards that a partner was told of by a pseudonym."""
        query = select(PartnerCardRow.guid).where(
            PartnerCardRow.relying_party == relying_party, PartnerCardRow.pseudonym == pseudonym
        )
        with self._database.reading() as unit:
            return unit.scalars(query.order_by(PartnerCardRow.guid)).all()


def _require(row: RelyingPartyRow | None) -> RelyingPartyRow:
    if row is None:
        raise StoreError(ReasonCode.RELYING_PARTY_UNKNOWN, "no such partner")
    return row
