"""Weighing what several sources say of one certificate.

Spec: RFC 5280 sections 5.3.1 and 6.3.3; RFC 6960 section 2.2. A revocation is for ever; a hold
can be lifted, so the newer word counts; silence of a list counts for the reasons it covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from cryptography import x509

from cardsvc.errors import ReasonCode
from verification.status.crl_scope import ALL_REASONS
from verification.status.finding import SourceKind, StatusFinding, StatusProblem


class Word(Enum):
    """What a source says."""

    GOOD = auto()
    ON_HOLD = auto()
    REVOKED = auto()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One validly signed source's word on a certificate at the instant.

    Attributes:
        is_fresh: the instant lies in the time for which the source speaks.
        reasons: the reasons that a good word rules out.
        revoked_at: UTC, for the other words.
    """

    source: SourceKind
    word: Word
    this_update: datetime
    next_update: datetime | None
    is_fresh: bool
    reasons: frozenset[x509.ReasonFlags] = ALL_REASONS
    revoked_at: datetime | None = None


_TELLING = (
    ReasonCode.CRL_BAD_SIGNATURE,
    ReasonCode.OCSP_BAD_SIGNATURE,
    ReasonCode.OCSP_RESPONDER_UNAUTHORISED,
    ReasonCode.WEAK_ALGORITHM,
    ReasonCode.UNKNOWN_CRITICAL_EXTENSION,
    ReasonCode.STATUS_STALE,
)
"""Why a status is not known, the most telling reason first."""


def weigh(
    certificate: x509.Certificate,
    evidence: Sequence[Evidence],
    problems: Iterable[StatusProblem],
    at: datetime,
) -> StatusFinding:
    """Return the finding that the evidence supports."""
    set_aside = [*problems, *(_stale(item) for item in evidence if not item.is_fresh)]
    revoked = [item for item in evidence if item.word is Word.REVOKED]
    held = [item for item in evidence if item.word is Word.ON_HOLD]
    good = _newest_good(evidence)
    hold = max(held, key=lambda item: item.this_update, default=None)
    if revoked:
        decisive = min(revoked, key=lambda item: item.revoked_at or item.this_update)
        verdict = (ReasonCode.CERTIFICATE_REVOKED, "revoked")
    elif hold is not None and (good is None or good.this_update <= hold.this_update):
        decisive, verdict = hold, (ReasonCode.CERTIFICATE_ON_HOLD, "on hold")
    elif good is not None:
        return _finding(certificate, (None, "not revoked"), good, set_aside, at)
    else:
        return _unknown(certificate, set_aside)
    return _finding(certificate, verdict, decisive, set_aside, at)


def _newest_good(evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the newest fresh good word that rules out every reason, alone or with others."""
    fresh = [item for item in evidence if item.word is Word.GOOD and item.is_fresh]
    full = [item for item in fresh if item.reasons >= ALL_REASONS]
    if full:
        return max(full, key=lambda item: item.this_update)
    covered = frozenset[x509.ReasonFlags]().union(*(item.reasons for item in fresh))
    if covered >= ALL_REASONS:
        # Several lists, each for some reasons: together as old as the oldest of them.
        return min(fresh, key=lambda item: item.this_update)
    return None


def _finding(
    certificate: x509.Certificate,
    verdict: tuple[ReasonCode | None, str],
    decisive: Evidence,
    problems: Iterable[StatusProblem],
    at: datetime,
) -> StatusFinding:
    reason, said = verdict
    return StatusFinding(
        certificate=certificate,
        reason=reason,
        detail=f"{said}, by the {decisive.source.value} of {decisive.this_update:%Y-%m-%d %H:%M}",
        source=decisive.source,
        this_update=decisive.this_update,
        next_update=decisive.next_update,
        age=at - decisive.this_update,
        revoked_at=decisive.revoked_at,
        problems=tuple(problems),
    )


def _unknown(certificate: x509.Certificate, problems: Sequence[StatusProblem]) -> StatusFinding:
    for reason in _TELLING:
        for problem in problems:
            if problem.reason is reason:
                return StatusFinding(certificate, reason, problem.detail, problems=tuple(problems))
    detail = problems[0].detail if problems else "no CRL or OCSP response speaks of it"
    return StatusFinding(certificate, ReasonCode.STATUS_UNKNOWN, detail, problems=tuple(problems))


def _stale(item: Evidence) -> StatusProblem:
    until = "no stated end" if item.next_update is None else f"{item.next_update:%Y-%m-%d %H:%M}"
    return StatusProblem(
        item.source,
        ReasonCode.STATUS_STALE,
        f"the {item.source.value} speaks for {item.this_update:%Y-%m-%d %H:%M} to {until}",
    )
