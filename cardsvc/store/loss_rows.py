"""Cases of loss and the counted reports, within an issuance transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.loss_records import CallerCheck, LossCase, LossState, LostCard
from cardsvc.store.holder_mapping import number_index
from cardsvc.store.schema import LossCardRow, LossCaseRow, LossReportRow
from cardsvc.store.unit_of_work import UnitOfWork

_KEPT = timedelta(days=30)
"""How long reports are counted; bounds look back a day or so."""


class LossRows(UnitOfWork):
    """The part of a transaction that knows of lost cards."""

    def count_report(self, agent: str, number: PersonalNumber, at: datetime) -> None:
        """Count a report of an agent about a number, whether anybody has it or not."""
        self._session.execute(delete(LossReportRow).where(LossReportRow.reported_at < at - _KEPT))
        self._session.add(
            LossReportRow(
                agent=agent, number_index=number_index(number, self._sealer), reported_at=at
            )
        )
        self._session.flush()

    def reports_since(self, since: datetime, *, agent: str) -> int:
        """Return how many reports of an agent were counted since an instant."""
        query = select(func.count()).where(
            LossReportRow.agent == agent, LossReportRow.reported_at >= since
        )
        return self._session.scalar(query) or 0

    def reports_about_since(self, since: datetime, *, number: PersonalNumber) -> int:
        """Return how many reports about a number were counted since an instant."""
        query = select(func.count()).where(
            LossReportRow.number_index == number_index(number, self._sealer),
            LossReportRow.reported_at >= since,
        )
        return self._session.scalar(query) or 0

    def add_loss_case(self, case: LossCase) -> None:
        """Insert a case.

        Raises:
            IssuanceError: the holder has an open one (CONCURRENT_CHANGE).
        """
        row = LossCaseRow(
            id=case.id,
            holder_id=case.holder_id,
            channel=case.channel,
            reported_by=case.reported_by,
            reported_at=case.reported_at,
            checks=sorted(check.value for check in case.checks),
            state=case.state,
            closed_by=case.closed_by,
            closed_at=case.closed_at,
        )
        row.cards = _card_rows(case)
        self._session.add(row)
        self._session.flush()

    def loss_case(self, case_id: str) -> LossCase:
        """Return a case, locked for this transaction.

        Raises:
            IssuanceError: unknown (LOSS_CASE_UNKNOWN).
        """
        return read_loss_case(self._loss_row(case_id))

    def open_loss_case(self, holder_id: str) -> LossCase | None:
        """Return a holder's open case, locked for this transaction, or None."""
        query = (
            select(LossCaseRow)
            .where(LossCaseRow.holder_id == holder_id, LossCaseRow.state == LossState.OPEN)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        row = self._session.scalar(query)
        return None if row is None else read_loss_case(row)

    def save_loss_case(self, case: LossCase) -> None:
        """Write a case's cards, state and who closed it.

        Raises:
            IssuanceError: unknown (LOSS_CASE_UNKNOWN).
        """
        row = self._loss_row(case.id)
        known = {card.guid for card in row.cards}
        row.cards += [card for card in _card_rows(case) if card.guid not in known]
        row.state = case.state
        row.closed_by = case.closed_by
        row.closed_at = case.closed_at
        self._session.flush()

    def _loss_row(self, case_id: str) -> LossCaseRow:
        query = (
            select(LossCaseRow)
            .where(LossCaseRow.id == case_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        row = self._session.scalar(query)
        if row is None:
            raise IssuanceError(ReasonCode.LOSS_CASE_UNKNOWN, "no such case of loss")
        return row


def _card_rows(case: LossCase) -> list[LossCardRow]:
    return [LossCardRow(guid=one.guid, leave_until=one.leave_until) for one in case.cards]


def read_loss_case(row: LossCaseRow) -> LossCase:
    """Return the case that a row is."""
    cards = sorted(row.cards, key=lambda card: card.guid.octets)
    return LossCase(
        id=row.id,
        holder_id=row.holder_id,
        channel=row.channel,
        reported_by=row.reported_by,
        reported_at=row.reported_at,
        cards=tuple(LostCard(card.guid, card.leave_until) for card in cards),
        checks=frozenset(CallerCheck(check) for check in row.checks),
        state=row.state,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )
