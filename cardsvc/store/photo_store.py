"""Holders' photos, sealed at rest. Implements ``issuance.registry.ports`` over SQL."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from cardsvc.audit import AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.photo_records import HolderPhoto, PhotoFinding, Portrait
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.engine import Database
from cardsvc.store.restriction import is_unrestricted
from cardsvc.store.schema import CardRow, HolderPhotoRow, HolderRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.unit_of_work import issuing

_SOURCE = "photo_source"


def _place(kind: str, holder_id: str, number: int) -> str:
    return f"holder_photos.{kind}:{holder_id}:{number}"


class SqlPhotoTransaction:
    """One unit of work on one session."""

    def __init__(self, session: Session, trail: AuditTrail, sealer: Sealer) -> None:
        self._session = session
        self._trail = trail
        self._sealer = sealer

    def present_photo(self, holder_id: str) -> HolderPhoto | None:
        """Return a holder's present photo, the holder locked for this transaction, or None.

        Raises:
            IssuanceError: no such holder (HOLDER_UNKNOWN).
            StoreError: a picture does not open (RECORD_CORRUPT).
        """
        holder = select(HolderRow.id).where(HolderRow.id == holder_id).with_for_update()
        if self._session.scalar(holder) is None:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "no such holder")
        latest = (
            select(HolderPhotoRow)
            .where(HolderPhotoRow.holder_id == holder_id)
            .order_by(HolderPhotoRow.number.desc())
            .limit(1)
        )
        row = self._session.scalar(latest)
        return None if row is None else self._read(row)

    def is_source(self, holder_id: str, number: int, octets: bytes) -> bool:
        """Tell whether a photo was made of this file."""
        row = self._session.get(HolderPhotoRow, (holder_id, number))
        return row is not None and hmac.compare_digest(row.source_index, self._index(octets))

    def add_photo(self, photo: HolderPhoto, source: bytes) -> None:
        """Keep a photo as the holder's present one; of its source only a keyed digest."""
        portrait, place = photo.portrait, (photo.holder_id, photo.number)
        self._session.add(
            HolderPhotoRow(
                holder_id=photo.holder_id,
                number=photo.number,
                print_sealed=self._sealer.seal_octets(portrait.print_jpeg, _place("print", *place)),
                chip_sealed=self._sealer.seal_octets(portrait.chip_jpeg, _place("chip", *place)),
                source_index=self._index(source),
                findings=[finding.value for finding in portrait.findings],
                added_by=photo.added_by,
                added_at=photo.added_at,
            )
        )
        self._session.flush()

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends."""
        self._trail.record(event)

    def _index(self, octets: bytes) -> bytes:
        return self._sealer.blind_index(sha256(octets).hexdigest(), _SOURCE)

    def _read(self, row: HolderPhotoRow) -> HolderPhoto:
        place = (row.holder_id, row.number)
        try:
            findings = tuple(PhotoFinding(code) for code in row.findings)
        except ValueError:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "not a finding of ours") from None
        portrait = Portrait(
            print_jpeg=self._sealer.open_octets(row.print_sealed, _place("print", *place)),
            chip_jpeg=self._sealer.open_octets(row.chip_sealed, _place("chip", *place)),
            findings=findings,
        )
        return HolderPhoto(row.holder_id, row.number, portrait, row.added_by, row.added_at)


class SqlPortraits:
    """Reads the one picture that a decision about a card releases; locks and writes nothing.

    Args:
        database: migrated.
        sealer: opens pictures.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def of_card(self, guid: CardGuid) -> bytes | None:
        """Return the present photo of a card's holder as it is printed, a JPEG; None for none.

        Where the holder's data is restricted there is none.

        Raises:
            StoreError: the picture does not open (RECORD_CORRUPT).
        """
        row = HolderPhotoRow
        latest = (
            select(row.holder_id, row.number, row.print_sealed)
            .join(CardRow, CardRow.holder_id == row.holder_id)
            .where(CardRow.guid == guid, is_unrestricted(row.holder_id))
            .order_by(row.number.desc())
            .limit(1)
        )
        with self._database.reading() as session:
            found = session.execute(latest).one_or_none()
        if found is None:
            return None
        place = _place("print", found.holder_id, found.number)
        return self._sealer.open_octets(found.print_sealed, place)


class SqlPhotoStore:
    """Opens units of work on photos.

    Args:
        database: migrated.
        sealer: seals and opens pictures.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    @contextmanager
    def transaction(self) -> Iterator[SqlPhotoTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlPhotoTransaction(session, trail, self._sealer)
