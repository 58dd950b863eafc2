"""Making a unit's monthly sheet; who made which stands in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.operator_key import operator_key
from issuance.attendance.ports import AttendanceBook
from issuance.attendance.sheet import Month, MonthlySheet, SheetRules, make_sheet


@dataclass(frozen=True, slots=True)
class WhichSheet:
    """What is asked for.

    Args:
        agency: the agency's code.
        agency_name: its name.
        unit: the unit's name as in the records; None for the whole agency.
        month: which.
    """

    agency: AgencyCode
    agency_name: str
    unit: str | None
    month: Month


def monthly_sheet(
    book: AttendanceBook, rules: SheetRules, which: WhichSheet, *, operator: str, at: datetime
) -> MonthlySheet:
    """Return a unit's sheet as it is known now.

    Raises:
        Malformed: nobody is named (MALFORMED_MESSAGE).
    """
    at, window, days = require_utc(at), which.month.window, which.month.days
    records = book.staff(
        which.agency, which.unit, days=(days[0], days[-1]), window=(window.start, window.end)
    )
    sheet = make_sheet(
        records,
        rules,
        agency_code=which.agency.value,
        agency_name=which.agency_name,
        unit=which.unit or "",
        month=which.month,
        as_of=at,
    )
    month = f"{which.month.year:04d}-{which.month.month:02d}"
    book.record(
        AuditEvent(
            at,
            operator_key(operator),
            AuditAction.ATTENDANCE_SHEET_MADE,
            which.agency.value,
            {"month": month, "whole_agency": which.unit is None, "people": len(sheet.lines)},
        )
    )
    return sheet
