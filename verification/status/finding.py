"""What was found out about the revocation status of one certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum, unique

from cryptography import x509

from cardsvc.errors import ReasonCode, VerificationError


@unique
class SourceKind(StrEnum):
    """Where a status came from."""

    CRL = "crl"
    DELTA_CRL = "delta_crl"
    OCSP = "ocsp"


@dataclass(frozen=True, slots=True)
class StatusProblem:
    """A source that speaks of the certificate and could not be used."""

    source: SourceKind
    reason: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class StatusFinding:
    """The status of one certificate of a path at one instant.

    Attributes:
        reason: None where the certificate is good; else why it is not, or is not known.
        source: what decided; None where no source did.
        age: how old the deciding source was at the instant.
        revoked_at: UTC, where revoked or on hold.
        problems: sources that were set aside, also where another decided.
    """

    certificate: x509.Certificate = field(repr=False)
    reason: ReasonCode | None
    detail: str
    source: SourceKind | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    age: timedelta | None = None
    revoked_at: datetime | None = None
    problems: tuple[StatusProblem, ...] = ()

    @property
    def is_good(self) -> bool:
        """True where a valid, fresh source says that the certificate is not revoked."""
        return self.reason is None


def require_good(findings: Iterable[StatusFinding]) -> None:
    """Require that every certificate is good.

    Raises:
        VerificationError: with the reason of the first certificate, leaf first, that is not;
            a revoked one goes before those whose status is not known.
    """
    certain = {ReasonCode.CERTIFICATE_REVOKED, ReasonCode.CERTIFICATE_ON_HOLD}
    for finding in sorted(findings, key=lambda finding: finding.reason not in certain):
        if finding.reason is not None:
            raise VerificationError(finding.reason, finding.detail)
