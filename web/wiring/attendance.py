"""What the pages of attendance use, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from uuid import uuid4

from cardsvc.store.attendance_store import SqlAttendance
from cardsvc.store.engine import Database
from issuance.attendance.own_rules import load_shifts
from issuance.attendance.sheet import SheetRules
from issuance.privacy.own_files import load_working_days
from web.console.attendance_services import AttendanceServices
from web.settings import Settings


def wire_attendance(settings: Settings, database: Database) -> AttendanceServices:
    """Return what the pages of attendance use.

    Raises:
        Malformed: the installation's own shifts or calendar can't be read.
    """
    rules = SheetRules(
        load_shifts(settings.attendance_file), load_working_days(settings.privacy_folder)
    )
    return AttendanceServices(SqlAttendance(database), rules, lambda: str(uuid4()))
