"""Checking the audit log from the console: signed, then checked as far as a request may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.audit_reading import (
    AuditPlace,
    AuditSearch,
    FoundEvents,
    InclusionProof,
    LoggedEvent,
    VerifiedLog,
)
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.merkle import verify_consistency
from cardsvc.tree_head import SignedTreeHead, TreeHeadSigner, TreeHeadVerifier

WHOLE_LOG = 100_000
"""Entries that are all looked at while somebody waits; a longer log is left to the command."""


class CheckedLog(Protocol):
    """The log; ``cardsvc.store.audit_log.AuditLog`` is one."""

    def sign_head(self, signer: TreeHeadSigner, at: datetime) -> SignedTreeHead:
        """Sign the log as it stands and keep the signed tree head."""
        ...

    def latest_signed_head(self) -> SignedTreeHead | None:
        """Return the newest signed tree head, or None."""
        ...

    def prove_inclusion(self, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the log."""
        ...

    def prove_consistency(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Prove that the log at ``second`` entries extends the log at ``first``."""
        ...

    def verify(
        self,
        verifier: TreeHeadVerifier | None = None,
        witnessed: Sequence[SignedTreeHead] = (),
    ) -> VerifiedLog:
        """Check every entry, the head, and every signed tree head."""
        ...


class AuditFinder(Protocol):
    """Finds events; ``cardsvc.store.audit_search.SqlAuditSearch`` is one."""

    def find(self, search: AuditSearch, after: AuditPlace | None, limit: int) -> FoundEvents:
        """Return the next events of a search, newest first."""
        ...

    def entry(self, seq: int, agencies: frozenset[str]) -> LoggedEvent | None:
        """Return an entry within a scope, or None."""
        ...


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What a check found to be sound.

    Args:
        head: the tree head that was signed for it.
        whole: every entry was looked at; else that the log extends the one signed before.
        tree_heads: how many signed tree heads were checked.
    """

    head: SignedTreeHead
    whole: bool
    tree_heads: int


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Reads and checks the log.

    Args:
        finder: finds events.
        log: signs and proves.
        signer: signs tree heads.
        verifier: checks their signatures.
    """

    finder: AuditFinder
    log: CheckedLog
    signer: TreeHeadSigner
    verifier: TreeHeadVerifier

    def latest_head(self) -> SignedTreeHead | None:
        """Return the newest signed tree head, or None."""
        return self.log.latest_signed_head()

    def proof(self, seq: int) -> InclusionProof | None:
        """Prove that an entry is under the newest signed tree head; None where it is newer."""
        head = self.log.latest_signed_head()
        if head is None or seq >= head.head.size:
            return None
        return self.log.prove_inclusion(seq, head.head.size)

    def check(self, at: datetime) -> LogCheck:
        """Sign the log as it stands, and check it.

        Raises:
            StoreError: AUDIT_BROKEN; the message says where.
        """
        before = self.log.latest_signed_head()
        signed = self.log.sign_head(self.signer, at)
        if signed.head.size <= WHOLE_LOG:
            return LogCheck(
                signed, whole=True, tree_heads=self.log.verify(self.verifier).tree_heads
            )
        if before is not None and before.head.size > 0:
            self._check_extension(before, signed)
        return LogCheck(signed, whole=False, tree_heads=2 if before else 1)

    def _check_extension(self, before: SignedTreeHead, now: SignedTreeHead) -> None:
        first, second = before.head, now.head
        octets = first.signed_octets()
        if not self.verifier.verify(before.key_id, octets, before.signature):
            raise StoreError(ReasonCode.AUDIT_BROKEN, "the last tree head has a bad signature")
        path = self.log.prove_consistency(first.size, second.size)
        roots = (first.root_hash, second.root_hash)
        if not verify_consistency(first.size, second.size, *roots, path):
            raise StoreError(ReasonCode.AUDIT_BROKEN, "the log does not extend its last tree head")
