"""What the pages of attendance may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from issuance.attendance.ports import AttendanceStore
from issuance.attendance.sheet import SheetRules


@dataclass(frozen=True, slots=True)
class AttendanceServices:
    """The use cases behind the pages of attendance.

    Args:
        store: taps and corrections.
        rules: shifts and calendar of the installation.
        new_id: a fresh opaque identifier.
    """

    store: AttendanceStore
    rules: SheetRules
    new_id: Callable[[], str]
