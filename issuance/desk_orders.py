"""Ordering a card at a desk: everything that can be said at once is said before the job is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.access_records import PersonalisationJob
from cardsvc.errors import IssuanceError, ReasonCode
from issuance.job_records import JobOrder
from issuance.orders import OrderState, place_order, require_approved
from issuance.ports import IssuanceStore, JobStore
from issuance.stock.card_blanks import StockRule, require_blank


class OpenJobs(JobStore, Protocol):
    """Keeps jobs, and lists them."""

    def in_state(self, state: str) -> Sequence[PersonalisationJob]:
        """Return the jobs in a state, oldest first."""
        ...


def order_card(
    store: IssuanceStore,
    jobs: OpenJobs,
    order: JobOrder,
    *,
    job_id: str,
    rule: StockRule,
    at: datetime,
) -> None:
    """Order a card of an approved application; the job itself asks everything again.

    Raises:
        IssuanceError: as ``require_approved``; the application has an open job (CARD_IN_USE); the
            blank is not in this desk's stock (BLANK_REQUIRED, BLANK_UNKNOWN, BLANK_NOT_IN_STOCK).
        Malformed: the photo is not one that fits a card (MALFORMED_FACIAL_IMAGE).
        StoreError: the identifier is in use.
    """
    require_approved(store, order.application_id, operator=order.operator)
    for job in jobs.in_state(OrderState.OPEN):
        if job.application_id == order.application_id:
            raise IssuanceError(ReasonCode.CARD_IN_USE, f"job {job.id} is open for it")
    if rule is StockRule.ENFORCE:
        with store.transaction() as unit:
            require_blank(
                unit, order.blank, keeper=order.agent, application_id=order.application_id
            )
    place_order(jobs, order, job_id=job_id, at=at)
