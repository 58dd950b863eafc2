"""Taking values out of a row; what is wrong with them is gathered, not raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from cardsvc.errors import Malformed
from cardsvc.identity.partial_date import PartialDate
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode, Severity
from issuance.importing.rows import RowValues

_T = TypeVar("_T")


class Reading:
    """Takes values out of a row and gathers what is wrong with them."""

    def __init__(self, row: RowValues) -> None:
        self.values: Mapping[Field, str] = effective_values(row)
        self.findings: list[Finding] = []
        self._spoiled = {one.field for one in row.findings if one.severity is Severity.ERROR}

    def say(self, code: ImportCode, of: Field, detail: str = "") -> None:
        """Note a finding, unless the cell itself is known to be unreadable."""
        if of not in self._spoiled:
            self.findings.append(Finding(code, of, detail=detail))

    def text(self, of: Field) -> str:
        """Return a value, or nothing."""
        return self.values.get(of, "")

    def read(self, of: Field, parse: Callable[[str], _T], malformed: ImportCode) -> _T | None:
        """Return a parsed value; None where there is none, or it is not of its form."""
        text = self.text(of)
        if not text:
            return None
        try:
            return parse(text)
        except Malformed:
            self.say(malformed, of)
            return None

    def required(
        self, of: Field, parse: Callable[[str], _T], malformed: ImportCode, missing: ImportCode
    ) -> _T | None:
        """Return a parsed value that must be there."""
        if not self.text(of):
            self.say(missing, of)
            return None
        return self.read(of, parse, malformed)


def effective_values(row: RowValues) -> dict[Field, str]:
    """Return a row's values with what is proposed in place of what is doubtful.

    A row with an unconfirmed proposal is held back, so nothing is repaired unseen.
    """
    proposed = {one.field: one.proposal for one in row.findings if one.field and one.proposal}
    return {**row.values, **proposed}


def read_date(text: str) -> PartialDate:
    """Read a date as lists write it: ``2/9/1990``, ``02.09.1990``, ``00/00/1990``, ``1990``.

    Raises:
        Malformed: another form; a year of two digits too.
    """
    plain = text.replace(" ", "")
    parts = plain.replace(".", "/").replace("-", "/").split("/")
    if len(parts) == 3 and len(parts[2]) == 4:
        while len(parts) > 1 and parts[0] in {"0", "00"}:
            parts.pop(0)
        return PartialDate.parse("/".join(parts))
    return PartialDate.parse(plain)
