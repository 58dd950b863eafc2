"""Requests for cards for everybody whom an import applied, in the name of one clerk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.import_records import RowState
from issuance.enrol import request_card
from issuance.importing.desk import ImportDesk
from issuance.ports import IssuanceStore

_NAMESPACE = UUID("6f0d5a1e-2f0b-5f0e-9a57-8f3f6f2c1d11")
"""Ours: a row's request has the same identifier however often it is made."""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class CardsRequested:
    """What became of the requests.

    Args:
        requested: how many were made now.
        refused: how many were not, by the reason's code; ``application_open`` are those that
            were made before.
    """

    requested: int
    refused: Mapping[ReasonCode, int]


def request_for_import(
    desk: ImportDesk, applications: IssuanceStore, import_id: str, *, operator: str
) -> Iterator[CardsRequested]:
    """Request a card for each person whom an import applied; again, only for those left over.

    Args:
        desk: where the import was taken in.
        applications: where requests are kept.
        import_id: which import.
        operator: who asks; that person can't approve any of them.

    Yields:
        What became of the requests so far, after each page of rows and at least once.

    Raises:
        IssuanceError: no such import (IMPORT_UNKNOWN).
    """
    record = desk.store.find_import(import_id)
    if record is None:
        raise IssuanceError(ReasonCode.IMPORT_UNKNOWN, "no such import")
    requested, refused = 0, Counter[ReasonCode]()
    after = 0
    while page := desk.store.rows(import_id, [RowState.APPLIED], after=after, limit=_PAGE):
        after = page[-1].number
        holders = desk.store.holders([row.holder_id for row in page if row.holder_id])
        for row in page:
            holder = holders.pop(row.holder_id or "", None)
            if holder is None:
                continue  # the same person stands on the list twice
            at = desk.clock.now()
            try:
                asked = request_card(
                    applications,
                    application_id=str(uuid5(_NAMESPACE, f"{import_id}:{holder.id}")),
                    card_type=record.card_type,
                    holder=holder,
                    operator=operator,
                    at=at,
                )
            except IssuanceError as error:
                refused[error.reason] += 1
                continue
            if asked.requested_at == at:
                requested += 1
            else:
                refused[ReasonCode.APPLICATION_OPEN] += 1
        yield CardsRequested(requested, dict(refused))
    if not after:
        yield CardsRequested(requested, dict(refused))
