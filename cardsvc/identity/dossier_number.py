"""The number of a dossier at a one-stop counter (mã số hồ sơ)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode

_FORM = re.compile(
    r"(?P<agency>[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(?:\.[A-Z0-9]+)*)"
    r"-(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})-(?P<sequence>[0-9]{4,12})"
)
"""Agency in the older or the newer form, day of receipt, sequence of the day (Circular
01/2018/TT-VPCP Art. 19). The upper bound of the sequence is ours."""


@dataclass(frozen=True, slots=True)
class DossierNumber:
    """``000.00.00.H57-260105-0001`` or ``H57.12-260105-0001`` (Circular 01/2018/TT-VPCP Art. 19).

    Args:
        agency: who received it.
        received_on: the day, in the century of 2000.
        sequence: the number of the day, four digits or more, zeros kept.
    """

    agency: AgencyCode
    received_on: date
    sequence: str

    def __post_init__(self) -> None:
        in_century = 2000 <= self.received_on.year < 2100  # the year is written with two digits
        if not in_century or _FORM.fullmatch(self.encode()) is None:
            raise Malformed(ReasonCode.MALFORMED_DOSSIER_NUMBER, "not a dossier number")

    @classmethod
    def parse(cls, text: str) -> DossierNumber:
        """Parse a dossier number in either form.

        Raises:
            Malformed: another form, or a day that does not exist.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            raise Malformed(ReasonCode.MALFORMED_DOSSIER_NUMBER, "not a dossier number")
        try:
            day = date(2000 + int(form["year"]), int(form["month"]), int(form["day"]))
            agency = AgencyCode.parse(form["agency"])
        except ValueError as error:  # a Malformed agency code is one as well
            raise Malformed(ReasonCode.MALFORMED_DOSSIER_NUMBER, str(error)) from error
        return cls(agency, day, form["sequence"])

    def encode(self) -> str:
        """Return the number as the counter prints it."""
        return f"{self.agency.value}-{self.received_on:%y%m%d}-{self.sequence}"

    def __str__(self) -> str:
        return self.encode()
