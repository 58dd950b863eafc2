"""The electronic identifier of an agency (mã định danh điện tử)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode

MAX_LENGTH = 35
"""Characters of an identifier at most (Decision 20/2020/QĐ-TTg)."""

_FORM = re.compile(r"[A-Z0-9]+(?:\.[A-Z0-9]+)*")
_OLDER_FORM = re.compile(
    r"(?P<third>[0-9]{3})\.(?P<second>[0-9]{2})\.(?P<first>[0-9]{2})\.(?P<top>[A-Z][0-9]{2})"
)
"""Circular 10/2016/TT-BTTTT, lowest level first: ``000.00.00.H57``; still in live data."""


@dataclass(frozen=True, slots=True)
class AgencyCode:
    """Groups of A–Z and 0–9 joined by dots, at most 35 characters (Decision 20/2020/QĐ-TTg)."""

    value: str

    def __post_init__(self) -> None:
        if len(self.value) > MAX_LENGTH or _FORM.fullmatch(self.value) is None:
            raise Malformed(
                ReasonCode.MALFORMED_AGENCY_CODE,
                "an agency code is groups of A-Z and 0-9 with dots, at most 35 characters",
            )

    @classmethod
    def parse(cls, text: str) -> AgencyCode:
        """Parse an identifier of Decision 20/2020/QĐ-TTg or of Circular 10/2016/TT-BTTTT.

        Raises:
            Malformed: lower case, other characters, an empty group, or too long.
        """
        return cls(text)

    @property
    def is_older_form(self) -> bool:
        """True for ``000.00.00.H57`` (Circular 10/2016/TT-BTTTT), lowest level first."""
        return _OLDER_FORM.fullmatch(self.value) is not None

    @property
    def levels(self) -> tuple[str, ...]:
        """The groups from the highest level to the lowest, whichever the form.

        In the older form a group of zeros stands for no such level and is left out.
        """
        groups = self.value.split(".")
        if not self.is_older_form:
            return tuple(groups)
        return tuple(group for group in reversed(groups) if group.strip("0"))

    @property
    def top(self) -> str:
        """The highest level: ``H57`` of ``H57.12`` and of ``000.00.00.H57``."""
        return self.levels[0]

    @property
    def parent(self) -> AgencyCode | None:
        """The identifier one level up in the form of 2020, or None at the top.

        The older form has no parent of its own: it pads to a fixed number of groups.
        """
        head, dot, _ = self.value.rpartition(".")
        return AgencyCode(head) if dot and not self.is_older_form else None

    def __str__(self) -> str:
        return self.value
