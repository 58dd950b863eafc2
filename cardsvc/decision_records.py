"""Decisions on paper, under whose number applications are approved together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """A decision that approves cards (quyết định cấp thẻ).

    Args:
        id: our own opaque identifier.
        number: as printed, such as ``123/QĐ-SNV``; numbers begin anew each year.
        decided_on: the day that it bears.
        signer: who signed it, as printed.
        recorded_by: the operator who typed it in and approves under it.
        recorded_at: when.
    """

    id: str
    number: str
    decided_on: date
    signer: str
    recorded_by: str
    recorded_at: datetime
