"""From taps to the time that somebody was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from cardsvc.attendance_records import AttendanceTap, Direction
from issuance.attendance.shifts import Span

DOUBLE_TAP = timedelta(seconds=60)
"""Two taps of one direction within this time are one: the door was slow, the hand was quick."""


@unique
class Gap(StrEnum):
    """What is missing among a day's taps; somebody has to correct it."""

    NO_IN = "no_in"
    NO_OUT = "no_out"


@dataclass(frozen=True, slots=True)
class Presence:
    """When somebody was there.

    Args:
        spans: in order.
        first: the first tap, or None.
        last: the last one, or None.
        gap: what is missing.
    """

    spans: tuple[Span, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    gap: Gap | None = None


def presence_of(taps: Sequence[AttendanceTap]) -> Presence:
    """Return the presence that a day's taps tell.

    Coming in twice is coming in once. Going out twice is going out the second time: in between
    somebody held the door.
    """
    spans: list[Span] = []
    since: datetime | None = None
    gap: Gap | None = None
    kept = _without_doubles(sorted(taps, key=lambda one: one.at))
    for tap in kept:
        comes = tap.direction is Direction.IN
        if tap.direction is Direction.UNKNOWN:
            comes = since is None
        if comes:
            since = since or tap.at
        elif since is not None:
            spans.append(Span(since, tap.at))
            since = None
        elif spans:
            spans[-1] = Span(spans[-1].start, tap.at)
        else:
            gap = Gap.NO_IN
    if since is not None:
        gap = gap or Gap.NO_OUT
    if not kept:
        return Presence()
    return Presence(tuple(spans), kept[0].at, kept[-1].at, gap)


def _without_doubles(taps: Sequence[AttendanceTap]) -> list[AttendanceTap]:
    kept: list[AttendanceTap] = []
    for tap in taps:
        is_double = (
            kept and tap.at - kept[-1].at <= DOUBLE_TAP and (tap.direction is kept[-1].direction)
        )
        if not is_double:
            kept.append(tap)
    return kept
