"""Which province an agency code belongs to: configuration, not law.

The table beside the code assumes alphabetical order for the codes of Circular 10/2016/TT-BTTTT;
only those marked as confirmed were seen in live data, and codes given since the mergers of 2025
are unknown. A province loads its own table, and nothing is ever refused for what it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.provinces import FormerProvince, former_provinces

_HEADER = "agency_code\tprovince_2004\tconfirmed"
_LINE = re.compile(r"(?P<code>[A-Z][0-9]{2})\t(?P<province>[0-9]{2})\t(?P<confirmed>yes|no)")


@dataclass(frozen=True, slots=True)
class AgencyProvince:
    """A top-level agency code and the province it is taken to name.

    Args:
        code: a letter and two digits: H57.
        province: the unit, in the table of 63.
        confirmed: whether the code was seen in use for that province.
    """

    code: str
    province: FormerProvince
    confirmed: bool


@dataclass(frozen=True, slots=True)
class AgencyDirectory:
    """Top-level agency codes by province."""

    entries: tuple[AgencyProvince, ...]

    @classmethod
    def builtin(cls) -> AgencyDirectory:
        """Return the table that stands beside this file."""
        path = files(__package__).joinpath("agency_provinces.tsv")
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> AgencyDirectory:
        """Parse a table: a header, then code, province of 2004 and ``yes`` or ``no`` by tabs.

        Raises:
            Malformed: another header, an ill-formed line, a code twice, an unknown province.
        """
        header, *lines = text.splitlines() or [""]
        if header != _HEADER:
            raise Malformed(ReasonCode.MALFORMED_AGENCY_CODE, "the table's header is not ours")
        entries: dict[str, AgencyProvince] = {}
        for number, line in enumerate(lines, start=2):
            form = _LINE.fullmatch(line)
            province = former_provinces().get(form["province"]) if form else None
            if form is None or province is None or form["code"] in entries:
                raise Malformed(ReasonCode.MALFORMED_AGENCY_CODE, f"line {number} of the table")
            code = form["code"]
            entries[code] = AgencyProvince(code, province, form["confirmed"] == "yes")
        return cls(tuple(entries.values()))

    def find(self, agency: AgencyCode) -> AgencyProvince | None:
        """Return the entry for an agency's top level, in either form of the code, or None."""
        return next((entry for entry in self.entries if entry.code == agency.top), None)
