"""What corrections of attendance are called on screens."""

from __future__ import annotations

from cardsvc.attendance_records import Absence, Correction, CorrectionKind, CorrectionState
from issuance.attendance.day import Sign
from web.console.formats import day, instant
from web.console.languages import Text

STATES = {
    CorrectionState.REQUESTED: (Text("Chờ duyệt", "Waiting for approval"), "waiting"),
    CorrectionState.APPROVED: (Text("Đã duyệt", "Approved"), "good"),
    CorrectionState.REJECTED: (Text("Bị từ chối", "Rejected"), "bad"),
}
_TAPS = {
    CorrectionKind.IN: Text("Quên chấm vào", "Forgotten tap in"),
    CorrectionKind.OUT: Text("Quên chấm ra", "Forgotten tap out"),
}
WHAT = {
    **{kind.value: text for kind, text in _TAPS.items()},
    **{one.value: Text(Sign[one.name].vi, Sign[one.name].en.capitalize()) for one in Absence},
}
"""What can be asked for: a tap, or a kind of absence."""


def what_text(one: Correction) -> Text:
    """Return what a correction adds."""
    return WHAT[one.kind.value if one.absence is None else one.absence.value]


def when_text(one: Correction) -> str:
    """Return the instant of a tap, or the days of an absence."""
    if one.at is not None:
        return instant(one.at)
    if one.first_day == one.last_day:
        return day(one.first_day)
    return f"{day(one.first_day)} – {day(one.last_day)}"
