"""Reading the audit log: signed tree heads, proofs, listing, and the check of the whole.

Spec: RFC 6962 sections 2.1 and 3.5. What was deleted, changed or reordered shows in the hashes;
a log that was cut short or rewritten as a whole shows against the signed tree heads, ours and
those that others kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NoReturn

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from cardsvc.audit import AuditEvent
from cardsvc.audit_encoding import parse_event
from cardsvc.audit_reading import InclusionProof, LoggedEvent, VerifiedLog
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.merkle import (
    HASH_OCTETS,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    subtree_root,
)
from cardsvc.store.audit_trail import audited, read_frontier
from cardsvc.store.engine import Database
from cardsvc.store.schema import AuditEventRow, TreeHeadRow
from cardsvc.tree_head import SignedTreeHead, TreeHead, TreeHeadSigner, TreeHeadVerifier

_BATCH = 1_000


class AuditLog:
    """The log of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, event: AuditEvent) -> None:
        """Append one event in a transaction of its own (a ceremony, a sign-in).

        Raises:
            Malformed: the event can't be encoded.
            StoreError: nothing could be appended.
        """
        with audited(self._database) as (_, trail):
            trail.record(event)

    def head(self, at: datetime) -> TreeHead:
        """Return the tree head as it stands, unsigned."""
        with self._database.reading() as session:
            frontier = read_frontier(session)
        return TreeHead(frontier.size, frontier.root, at)

    def sign_head(self, signer: TreeHeadSigner, at: datetime) -> SignedTreeHead:
        """Sign the log as it stands and keep the signed tree head.

        Raises:
            StoreError: this size was signed at this instant already (CONCURRENT_CHANGE).
        """
        head = self.head(at)  # the log only grows: what is signed stays true
        signed = SignedTreeHead(head, signer.key_id, signer.sign(head.signed_octets()))
        with self._database.writing() as session:
            row = {
                "size": head.size,
                "at": head.at,
                "root_hash": head.root_hash,
                "key_id": signed.key_id,
                "signature": signed.signature,
            }
            session.execute(insert(TreeHeadRow), row)
        return signed

    def latest_signed_head(self) -> SignedTreeHead | None:
        """Return the newest signed tree head, or None."""
        query = select(TreeHeadRow).order_by(TreeHeadRow.size.desc(), TreeHeadRow.at.desc())
        with self._database.reading() as session:
            row = session.scalars(query.limit(1)).one_or_none()
            return None if row is None else _signed_head(row)

    def prove_inclusion(self, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the log, as it stands or as it stood at ``size`` entries.

        Raises:
            ValueError: there is no such entry, or the log was never that long.
            StoreError: a row that the proof needs is missing (AUDIT_BROKEN).
        """
        with self._database.reading() as session:
            size = _within(session, size)
            nodes = _StoredNodes(session)
            path = inclusion_proof(nodes, seq, size)
            return InclusionProof(seq, size, nodes.node(0, seq), path, subtree_root(nodes, 0, size))

    def prove_consistency(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Prove that the log at ``second`` entries extends the log at ``first``.

        Raises:
            ValueError: not ``0 < first <= second <= size``.
            StoreError: a row that the proof needs is missing (AUDIT_BROKEN).
        """
        with self._database.reading() as session:
            second = _within(session, second)
            return consistency_proof(_StoredNodes(session), first, second)

    def events(
        self,
        *,
        subject: str | None = None,
        request_id: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[LoggedEvent]:
        """Return events, newest first; page on with ``before`` the last place seen.

        Raises:
            StoreError: an entry is not what we wrote (AUDIT_BROKEN).
        """
        query = select(AuditEventRow).order_by(AuditEventRow.seq.desc()).limit(limit)
        if subject is not None:
            query = query.where(AuditEventRow.subject == subject)
        if request_id is not None:
            query = query.where(AuditEventRow.request_id == request_id)
        if before is not None:
            query = query.where(AuditEventRow.seq < before)
        with self._database.reading() as session:
            return [LoggedEvent(row.seq, read_event(row)) for row in session.scalars(query)]

    def verify(
        self,
        verifier: TreeHeadVerifier | None = None,
        witnessed: Sequence[SignedTreeHead] = (),
        known: Sequence[TreeHead] = (),
    ) -> VerifiedLog:
        """Check every entry, the head, and every signed tree head, in one snapshot.

        Args:
            verifier: checks the signatures on tree heads; None to check their roots only.
            witnessed: tree heads that others kept; the log must still contain them.
            known: the same, whose signatures the caller has checked.

        Raises:
            StoreError: AUDIT_BROKEN; the message names the first entry that is wrong.
        """
        try:
            with self._database.reading() as session:
                return _verify(session, verifier, witnessed, known)
        except (AttributeError, TypeError, ValueError) as error:
            # SQLite holds whatever somebody wrote into it, also text in a column of octets
            _broken(f"a value is not of its column's type: {type(error).__name__}")


class _StoredNodes:
    """Complete nodes from the rows that completed them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def node(self, level: int, index: int) -> bytes:
        last = ((index + 1) << level) - 1
        query = select(AuditEventRow.leaf_hash, AuditEventRow.parent_hashes)
        row = self._session.execute(query.where(AuditEventRow.seq == last)).one_or_none()
        node = b""
        if row is not None:
            start = (level - 1) * HASH_OCTETS
            node = row.leaf_hash if level == 0 else row.parent_hashes[start : start + HASH_OCTETS]
        if len(node) != HASH_OCTETS:
            _broken(f"entry {last}: missing or cut")
        return bytes(node)


def _broken(message: str) -> NoReturn:
    raise StoreError(ReasonCode.AUDIT_BROKEN, message)


def _within(session: Session, size: int | None) -> int:
    present = read_frontier(session).size
    if size is None:
        return present
    if not 0 <= size <= present:
        raise ValueError("the log was never that long")
    return size


def _signed_head(row: TreeHeadRow) -> SignedTreeHead:
    return SignedTreeHead(TreeHead(row.size, row.root_hash, row.at), row.key_id, row.signature)


def read_event(row: AuditEventRow) -> AuditEvent:
    """Return the event that was hashed.

    Raises:
        StoreError: not what we wrote (AUDIT_BROKEN).
    """
    try:
        return parse_event(row.octets)
    except Malformed as error:
        _broken(f"entry {row.seq}: {error}")


def _verify(
    session: Session,
    verifier: TreeHeadVerifier | None,
    witnessed: Sequence[SignedTreeHead],
    known: Sequence[TreeHead],
) -> VerifiedLog:
    head = read_frontier(session)
    kept = [_signed_head(row) for row in session.scalars(select(TreeHeadRow))]
    for signed in (*kept, *witnessed):
        _check_signature(signed, verifier)
    heads = sorted(
        (*(signed.head for signed in (*kept, *witnessed)), *known), key=lambda one: one.size
    )
    waiting = deque(heads)
    frontier = Frontier()
    _pass_heads(waiting, frontier)
    for row in _rows(session):
        frontier = _check_entry(row, frontier)
        _pass_heads(waiting, frontier)
    if frontier.size < head.size:
        _broken(f"entry {frontier.size}: missing, the head says {head.size} entries")
    if waiting:
        _broken(f"a tree head of {waiting[0].size} entries is not met")
    if frontier != head:
        _broken(f"the head is not that of the log's {frontier.size} entries")
    return VerifiedLog(frontier.size, frontier.root, len(heads))


def _rows(session: Session) -> Iterator[AuditEventRow]:
    """Stream all entries in order, a batch at a time."""
    last = session.scalar(select(func.min(AuditEventRow.seq)))
    if last is None:
        return
    last -= 1
    while True:
        query = select(AuditEventRow).where(AuditEventRow.seq > last)
        batch = session.scalars(query.order_by(AuditEventRow.seq).limit(_BATCH)).all()
        if not batch:
            return
        yield from batch
        last = batch[-1].seq
        session.expunge_all()


def _check_entry(row: AuditEventRow, frontier: Frontier) -> Frontier:
    if row.seq != frontier.size:
        _broken(f"entry {frontier.size}: missing, the next is {row.seq}")
    event = read_event(row)
    shown = (row.at, row.actor, row.action, row.subject)
    if shown != (event.at, event.actor, event.action.value, event.subject):
        _broken(f"entry {row.seq}: its columns differ from what was hashed")
    if row.request_id not in {None, event.request_id}:  # entries of before the column have none
        _broken(f"entry {row.seq}: its request is not the one that was hashed")
    frontier, completed = frontier.append(leaf_hash(row.octets))
    if (row.leaf_hash, row.parent_hashes) != (completed[0], b"".join(completed[1:])):
        _broken(f"entry {row.seq}: its hashes are not those of the log")
    return frontier


def _check_signature(signed: SignedTreeHead, verifier: TreeHeadVerifier | None) -> None:
    if verifier is None:
        return
    if not verifier.verify(signed.key_id, signed.head.signed_octets(), signed.signature):
        _broken(f"the tree head of {signed.head.size} entries has a bad signature")


def _pass_heads(waiting: deque[TreeHead], frontier: Frontier) -> None:
    """Check the tree heads of this size and take them off the queue."""
    while waiting and waiting[0].size == frontier.size:
        if waiting.popleft().root_hash != frontier.root:
            _broken(f"the log does not continue the tree head of {frontier.size} entries")
