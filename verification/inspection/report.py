"""What an inspection says: one verdict, and every numbered check with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, unique

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel


@unique
class Mode(StrEnum):
    """How much of the card is read.

    ``CAK`` is what a door reads: PKI-CAK of FIPS 201-3 section 6.2.3.2 and SP 800-116r1.
    ``FULL`` is every object that the PIN opens.
    """

    CAK = "cak"
    FULL = "full"


@unique
class Verdict(StrEnum):
    """What the checks come to."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNREADABLE = "unreadable"


@unique
class Result(StrEnum):
    """How one check ended."""

    PASS = "pass"  # noqa: S105 -- a result, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Args:
        result: pass, fail or not applicable.
        reason: why, where it failed; None otherwise.
        detail: one line for the person; holds no PIN and no personal number.
    """

    result: Result
    reason: ReasonCode | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.result is Result.FAIL) != (self.reason is not None):
            msg = "a failed check has a reason, and no other has"
            raise ValueError(msg)


def passed(detail: str = "") -> Finding:
    """Return a finding that the check holds."""
    return Finding(Result.PASS, None, detail)


def failed(reason: ReasonCode, detail: str = "") -> Finding:
    """Return a finding that the check does not hold."""
    return Finding(Result.FAIL, reason, detail)


def not_applicable(detail: str) -> Finding:
    """Return a finding that there is nothing to check; the detail says why."""
    return Finding(Result.NOT_APPLICABLE, None, detail)


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check of a report.

    Args:
        number: its place in this report, from 1.
        id: its stable name, such as ``chuid.signature`` or ``9e.key_proof``.
        title_vi: what it is, in Vietnamese.
        title_en: what it is, in English.
        spec: where it is written.
        finding: how it ended.
    """

    number: int
    id: str
    title_vi: str
    title_en: str
    spec: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class CardIdentifiers:
    """Which card this is, by its own word; nothing here is trusted unless accepted.

    Args:
        guid: the Card UUID in its hyphenated form.
        fascn: what names the card in the FASC-N (agency-system-credential-series-issue);
            the rest of it names the person and is left out.
        expires: the CHUID's expiration date.
        atr: the answer to reset in hexadecimal.
        application: the application's label, if it gave one.
    """

    guid: str | None = None
    fascn: str | None = None
    expires: date | None = None
    atr: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class InspectionReport:
    """The outcome of one inspection.

    Args:
        verdict: accept only where at least one check passed and none failed.
        level: the assurance level reached; X0 unless accepted.
        mode: how much was read.
        at: the instant it was judged at.
        card: which card.
        checks: in the order of the catalogue.
    """

    verdict: Verdict
    level: AssuranceLevel
    mode: Mode
    at: datetime
    card: CardIdentifiers
    checks: tuple[Check, ...] = field(default=())

    @property
    def reasons(self) -> tuple[ReasonCode, ...]:
        """The reasons of all failed checks, in order, each once."""
        found = (check.finding.reason for check in self.checks)
        return tuple(dict.fromkeys(reason for reason in found if reason is not None))
