"""Decisions under which cards are approved, within an issuance transaction."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from cardsvc.decision_records import ApprovalDecision
from cardsvc.store.schema import ApprovalDecisionRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.unit_of_work import UnitOfWork


class DecisionRows(UnitOfWork):
    """The part of a transaction that knows of decisions on paper."""

    def find_decision(self, number: str, decided_on: date) -> ApprovalDecision | None:
        """Return the decision of a number and day, or None."""
        query = select(ApprovalDecisionRow).where(
            ApprovalDecisionRow.number == number, ApprovalDecisionRow.decided_on == decided_on
        )
        row = self._session.scalar(query)
        return None if row is None else read_decision(row, self._sealer)

    def add_decision(self, decision: ApprovalDecision) -> None:
        """Insert a decision.

        Raises:
            IssuanceError: there is one of this identifier, or number and day
                (CONCURRENT_CHANGE), at the end of the transaction.
        """
        self._session.add(
            ApprovalDecisionRow(
                id=decision.id,
                number=decision.number,
                decided_on=decision.decided_on,
                signer_sealed=self._sealer.seal(decision.signer, _place(decision.id)),
                recorded_by=decision.recorded_by,
                recorded_at=decision.recorded_at,
            )
        )
        self._session.flush()


def _place(decision_id: str) -> str:
    return f"approval_decisions.signer:{decision_id}"


def read_decision(row: ApprovalDecisionRow, sealer: Sealer) -> ApprovalDecision:
    """Return the decision that a row is.

    Raises:
        StoreError: the signer does not open (RECORD_CORRUPT).
    """
    return ApprovalDecision(
        id=row.id,
        number=row.number,
        decided_on=row.decided_on,
        signer=sealer.open(row.signer_sealed, _place(row.id)),
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
    )
