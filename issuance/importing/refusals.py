"""Files that can't be taken in as a whole: what is wrong and what to do, in both languages."""

from __future__ import annotations

from typing import NoReturn

from cardsvc.errors import Malformed, ReasonCode


class RefusedFile(Malformed):
    """A file from an office that is no list or archive that we read; its message is English.

    Args:
        reason: the stable code.
        vi: what is wrong and what to do; names headings and sheets, never a cell below them.
        en: the same in English.
    """

    def __init__(self, reason: ReasonCode, vi: str, en: str) -> None:
        super().__init__(reason, en)
        self.vi = vi


def refuse(vi: str, en: str) -> NoReturn:
    """Raise what a file that is no table raises."""
    raise RefusedFile(ReasonCode.MALFORMED_TABLE, vi, en)


def refuse_size(vi: str, en: str) -> NoReturn:
    """Raise what a table beyond the limits raises."""
    raise RefusedFile(ReasonCode.TABLE_TOO_LARGE, vi, en)
