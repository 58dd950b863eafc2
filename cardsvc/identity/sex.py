"""Sex, as the identity documents of Vietnam state it."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Sex(StrEnum):
    """``M`` or ``F``, the letters of an MRZ (ICAO Doc 9303-3 section 4.6)."""

    MALE = "M"
    FEMALE = "F"

    @property
    def vi(self) -> str:
        """The word that the identity card prints (Circular 16/2024/TT-BCA)."""
        return "Nam" if self is Sex.MALE else "Nữ"
