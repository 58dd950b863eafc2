"""A text in the two languages of the screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The same in Vietnamese and in English."""

    vi: str
    en: str

    def document(self) -> dict[str, str]:
        """Return it as the page takes it."""
        return {"vi": self.vi, "en": self.en}
