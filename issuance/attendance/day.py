"""One day of one person: which sign it gets, and what of it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, unique

from cardsvc.attendance_records import (
    Absence,
    AttendanceTap,
    Correction,
    CorrectionKind,
    Direction,
    LeaveLock,
    StaffRecord,
)
from issuance.attendance.presence import Gap, presence_of
from issuance.attendance.shifts import Shift, Span
from issuance.privacy.working_days import WorkingDays

_MINUTE = timedelta(minutes=1)
CORRECTED = "correction"


@unique
class Pay(Enum):
    """Which column of the sheet an absence goes to."""

    PAID = "paid"
    INSURED = "insured"
    UNPAID = "unpaid"
    UNCLEAR = "unclear"
    """Somebody has to look into it."""


@unique
class Sign(Enum):
    """The signs of the sheet: sign, Vietnamese, English, and which column an absence goes to."""

    WORKED = ("+", "Làm việc cả ngày", "a whole day worked", None)
    HALF = ("½", "Làm việc nửa ngày", "half a day worked", None)
    HOLIDAY = ("L", "Nghỉ lễ, Tết", "public holiday", Pay.PAID)
    ANNUAL = ("P", "Nghỉ phép", "annual leave", Pay.PAID)
    STUDY = ("H", "Hội nghị, học tập", "conference, training", Pay.PAID)
    TRIP = ("CT", "Công tác", "official trip", Pay.PAID)
    COMPENSATORY = ("Nb", "Nghỉ bù", "time off in lieu", Pay.PAID)
    STOPPAGE = ("N", "Ngừng việc", "stoppage", Pay.PAID)
    CIVIC_DUTY = ("Lđ", "Lao động nghĩa vụ", "civic duty", Pay.PAID)
    SICK = ("Ô", "Ốm, điều dưỡng", "sick leave", Pay.INSURED)
    CHILD_SICK = ("Cô", "Con ốm", "a child is sick", Pay.INSURED)
    MATERNITY = ("Ts", "Thai sản", "maternity leave", Pay.INSURED)
    ACCIDENT = ("T", "Tai nạn", "accident", Pay.INSURED)
    UNPAID = ("No", "Nghỉ không lương", "unpaid leave", Pay.UNPAID)
    LOCKED = ("Kh", "Nghỉ, thẻ tạm khóa", "leave, the card is locked", Pay.UNCLEAR)
    MISSING = ("V", "Vắng không rõ lý do", "absent, nobody knows why", Pay.UNCLEAR)
    UNCLEAR = ("?", "Thiếu lần chấm vào hoặc ra", "a tap in or out is missing", Pay.UNCLEAR)
    NONE = ("", "", "", None)

    def __init__(self, text: str, vi: str, en: str, pay: Pay | None) -> None:
        self.text = text
        self.vi = vi
        self.en = en
        self.pay = pay


@dataclass(frozen=True, slots=True)
class DayMark:
    """What a day of the sheet says.

    Args:
        day: which.
        sign: the sign of the day, of its absent half where half of it was worked.
        halves_worked: 0 to 2.
        late: minutes.
        early: minutes.
        overtime: minutes after a working day's end.
        rest_overtime: minutes on a day of rest.
        holiday_overtime: minutes on a public holiday.
        first: the first tap.
        last: the last one.
        gap: what is missing.
        is_corrected: whether an approved correction is in it.
    """

    day: date
    sign: Sign = Sign.NONE
    halves_worked: int = 0
    late: int = 0
    early: int = 0
    overtime: int = 0
    rest_overtime: int = 0
    holiday_overtime: int = 0
    first: datetime | None = None
    last: datetime | None = None
    gap: Gap | None = None
    is_corrected: bool = False

    @property
    def text(self) -> str:
        """The sign as it stands in the sheet."""
        is_half = self.halves_worked == 1 and self.sign not in (Sign.HALF, Sign.UNCLEAR)
        return f"½{self.sign.text}" if is_half else self.sign.text


def mark_day(
    record: StaffRecord, day: date, shift: Shift, calendar: WorkingDays, as_of: datetime
) -> DayMark:
    """Return what one day was.

    Args:
        record: everything known of the person.
        day: which, Vietnam's date.
        shift: what he or she works.
        calendar: days off and days that are worked instead.
        as_of: a day whose shift is not over by then has no sign yet.
    """
    member = record.member
    spans, window = shift.spans(day), shift.window(day)
    if (member.until is not None and day > member.until) or spans[-1].end > as_of:
        return DayMark(day)
    taps = _taps(record, window)
    presence = presence_of(taps)
    present = presence.spans
    is_worked = shift.is_worked(day, calendar)
    known = {
        "first": presence.first,
        "last": presence.last,
        "gap": presence.gap,
        "is_corrected": any(one.place == CORRECTED for one in taps),
    }
    if not is_worked:
        is_holiday = calendar.is_public_holiday(day)
        extra = _counted(sum(_minutes(one) for one in present), shift)
        sign = Sign.HOLIDAY if is_holiday and day.weekday() in shift.days else Sign.NONE
        if presence.gap is not None:
            sign = Sign.UNCLEAR
        kind = "holiday_overtime" if is_holiday else "rest_overtime"
        return DayMark(day, sign, **{kind: extra}, **known)  # type: ignore[arg-type]  # by name
    halves = _halves(present, spans, shift)
    sign, is_corrected = _sign(record, day, spans, halves)
    if presence.gap is not None and halves < 2 and sign in (Sign.MISSING, Sign.HALF):
        sign = Sign.UNCLEAR
    known["is_corrected"] = known["is_corrected"] or is_corrected
    late, early = _late_and_early(present, spans, shift) if presence.gap is None else (0, 0)
    after = Span(spans[-1].end, window.end)
    return DayMark(
        day,
        sign,
        halves,
        late,
        early,
        _counted(sum(_overlap(one, after) for one in present), shift),
        **known,  # type: ignore[arg-type]  # by name
    )


def _taps(record: StaffRecord, window: Span) -> list[AttendanceTap]:
    added = [
        AttendanceTap(one.at, Direction(one.kind.value), CORRECTED)
        for one in record.corrections
        if one.at is not None and one.kind is not CorrectionKind.ABSENCE
    ]
    return [one for one in (*record.taps, *added) if window.start <= one.at < window.end]


def _halves(present: tuple[Span, ...], spans: tuple[Span, ...], shift: Shift) -> int:
    worked = sum(_overlap(one, span) for one in present for span in spans)
    percent = 100 * worked / sum(_minutes(span) for span in spans)
    if percent >= shift.full_day_percent:
        return 2
    return 1 if percent >= shift.half_day_percent else 0


def _sign(
    record: StaffRecord, day: date, spans: tuple[Span, ...], halves: int
) -> tuple[Sign, bool]:
    if halves == 2:
        return Sign.WORKED, False
    absence = next((one.absence for one in record.corrections if _covers(one, day)), None)
    if absence is not None:
        return _of_absence(absence), True
    if halves == 1:
        return Sign.HALF, False
    if any(_was_locked(lock, spans) for lock in record.leaves):
        return Sign.LOCKED, False
    return Sign.MISSING, False


def _of_absence(absence: Absence) -> Sign:
    return Sign[absence.name]


def _covers(correction: Correction, day: date) -> bool:
    return correction.absence is not None and correction.first_day <= day <= correction.last_day


def _was_locked(lock: LeaveLock, spans: tuple[Span, ...]) -> bool:
    return lock.since <= spans[0].start and (lock.until is None or lock.until >= spans[-1].end)


def _late_and_early(
    present: tuple[Span, ...], spans: tuple[Span, ...], shift: Shift
) -> tuple[int, int]:
    worked = [one for one in present if any(_overlap(one, span) for span in spans)]
    if not worked:
        return 0, 0
    late = _whole_minutes(worked[0].start - spans[0].start)
    early = _whole_minutes(spans[-1].end - worked[-1].end)
    return (late if late > shift.late_after else 0, early if early > shift.early_before else 0)


def _counted(minutes: int, shift: Shift) -> int:
    return minutes if minutes >= shift.overtime_from else 0


def _minutes(span: Span) -> int:
    return _whole_minutes(span.end - span.start)


def _overlap(one: Span, other: Span) -> int:
    return _whole_minutes(one.overlap(other))


def _whole_minutes(time: timedelta) -> int:
    return time // _MINUTE
