"""An installation's own shifts, or those that are shipped."""

from __future__ import annotations

from pathlib import Path

from cardsvc.errors import Malformed, ReasonCode
from issuance.attendance.rules_file import parse_attendance_rules, shipped_rules
from issuance.attendance.shifts import ShiftBook


def load_shifts(file: Path) -> ShiftBook:
    """Return the shifts in a file, those that are shipped where there is no such file.

    Raises:
        Malformed: MALFORMED_ATTENDANCE.
    """
    try:
        return parse_attendance_rules(file.read_text("utf-8"))
    except FileNotFoundError:
        return shipped_rules()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: not readable UTF-8"
        raise Malformed(ReasonCode.MALFORMED_ATTENDANCE, message) from error
