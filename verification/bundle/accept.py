"""Which manifest may take the place of the last one. Pure rules; no clock, no file."""

from __future__ import annotations

from datetime import datetime, timedelta

from cardsvc.errors import ReasonCode, VerificationError
from verification.bundle.manifest import BundleManifest

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of our time the service's clock may be."""


def accept_manifest(
    manifest: BundleManifest,
    last: BundleManifest | None,
    *,
    expected_relying_party: str,
    least_seq: int,
    at: datetime | None,
) -> None:
    """Accept a manifest whose signature holds, or refuse it.

    Args:
        manifest: the new one.
        last: the newest that was ever accepted here, None for the first.
        expected_relying_party: on whose behalf we decide.
        least_seq: the greatest number that was ever accepted here, also where its bundle is lost.
        at: our own time, None where we have no idea of it.

    Raises:
        VerificationError: BUNDLE_MISBOUND, another's; BUNDLE_ROLLED_BACK, older than what we have;
            BUNDLE_OF_THE_FUTURE; STATUS_STALE, it has ended.
    """
    if manifest.relying_party != expected_relying_party:
        raise VerificationError(ReasonCode.BUNDLE_MISBOUND, "for another relying party")
    if manifest.seq < least_seq:
        raise VerificationError(ReasonCode.BUNDLE_ROLLED_BACK, "an older number")
    if last is not None:
        if manifest.agent != last.agent:
            raise VerificationError(ReasonCode.BUNDLE_MISBOUND, "for another agent")
        if (manifest.seq, manifest.issued_at) < (last.seq, last.issued_at):
            raise VerificationError(ReasonCode.BUNDLE_ROLLED_BACK, "older than what we have")
        if manifest.issued_at < last.issued_at:
            raise VerificationError(ReasonCode.BUNDLE_ROLLED_BACK, "a later number, an older date")
        if manifest.seq == last.seq and manifest.content != last.content:
            raise VerificationError(ReasonCode.BUNDLE_ROLLED_BACK, "one number, two contents")
    if manifest.not_after <= manifest.issued_at:
        raise VerificationError(ReasonCode.STATUS_STALE, "ends before it begins")
    if at is not None and manifest.issued_at > at + CLOCK_SKEW:
        raise VerificationError(ReasonCode.BUNDLE_OF_THE_FUTURE, "issued in the future")
