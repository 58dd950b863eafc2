"""What issuance keeps: applications, holders, cards. Implements ``issuance.ports`` over SQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.store.audit_trail import AuditTrail, audited
from cardsvc.store.card_mapping import key_rows, read_application, read_card
from cardsvc.store.certificate_status import lock_certificates, release_row, revoke_row
from cardsvc.store.engine import Database
from cardsvc.store.holder_rows import insert_holders, lock_row, save_over
from cardsvc.store.privacy_store import refuse_restricted
from cardsvc.store.schema import (
    ApplicationRow,
    AuditEventRow,
    CardKeyRow,
    CardRow,
    CertificateRow,
)
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_changes import note_card_change
from cardsvc.store.status_lists import RandomOctets, give_place
from cardsvc.store.stock_ledger import SqlStockLedger
from cardsvc.terms import RevocationReason


class SqlIssuanceTransaction:
    """One unit of work on one session."""

    def __init__(
        self, session: Session, trail: AuditTrail, sealer: Sealer, random_octets: RandomOctets
    ) -> None:
        self._session = session
        self._trail = trail
        self._sealer = sealer
        self._random_octets = random_octets

    @property
    def stock(self) -> SqlStockLedger:
        """The books of card blanks, in the same transaction."""
        return SqlStockLedger(self._session)

    def add_application(self, application: Application) -> None:
        """Insert an application and its holder; a known holder is brought up to date.

        Raises:
            IssuanceError: there is such an application already, or the known holder was changed
                since (CONCURRENT_CHANGE); the personal number is another holder's (HOLDER_EXISTS);
                the holder's data is restricted (HOLDER_RESTRICTED).
        """
        refuse_restricted(self._session, application.holder.id)
        if self._session.get(ApplicationRow, application.id) is not None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the application exists already")
        self._save_holder(application.holder)
        self._session.add(
            ApplicationRow(
                id=application.id,
                card_type=application.card_type,
                holder_id=application.holder.id,
                requested_by=application.requested_by,
                requested_at=application.requested_at,
                state=application.state,
                approved_by=application.approved_by,
                approved_at=application.approved_at,
            )
        )
        self._session.flush()

    def application(self, application_id: str) -> Application:
        """Return an application, locked for this transaction.

        Raises:
            IssuanceError: unknown (APPLICATION_UNKNOWN).
        """
        return read_application(self._application_row(application_id), self._sealer)

    def save_application(self, application: Application) -> None:
        """Write an application's state and approval, and its holder as it now is.

        Raises:
            IssuanceError: unknown (APPLICATION_UNKNOWN); the holder's facts were changed since
                they were read (CONCURRENT_CHANGE).
        """
        row = self._application_row(application.id)
        self._save_holder(application.holder)
        row.state = application.state
        row.approved_by = application.approved_by
        row.approved_at = application.approved_at
        row.requested_by = application.requested_by
        row.requested_at = application.requested_at
        self._session.flush()

    def add_card(self, card: CardRecord) -> None:
        """Insert a card; it gets its place in a status list for good.

        Raises:
            IssuanceError: its application is unknown (APPLICATION_UNKNOWN) or is not its
                holder's (HOLDER_UNKNOWN); there is a card with that GUID (CARD_IN_USE).
        """
        application = self._application_row(card.application_id)
        if application.holder_id != card.holder_id:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "not the application's holder")
        if self._session.get(CardRow, card.guid) is not None:
            raise IssuanceError(ReasonCode.CARD_IN_USE, "the GUID is a card's already")
        made = select(func.count()).where(CardRow.application_id == card.application_id)
        self._session.add(
            CardRow(
                guid=card.guid,
                card_type=card.card_type,
                holder_id=card.holder_id,
                application_id=card.application_id,
                ordinal=self._session.scalar(made),
                state=card.state,
                expires_at=card.expires_at,
                version=card.version,
                replaced_by=card.replaced_by,
            )
        )
        self._session.flush()
        self._session.add_all(key_rows(card.guid, card.keys))
        self._session.flush()
        give_place(self._session, card.guid, self._random_octets)
        note_card_change(self._session, card.guid)

    def card(self, guid: CardGuid) -> CardRecord:
        """Return a card, locked for this transaction.

        Raises:
            IssuanceError: unknown (CARD_UNKNOWN).
        """
        query = select(CardRow).where(CardRow.guid == guid).with_for_update(of=CardRow)
        row = self._session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise IssuanceError(ReasonCode.CARD_UNKNOWN, "no such card")
        return read_card(row)

    def cards_of_application(self, application_id: str) -> Sequence[CardRecord]:
        """Return the cards made for an application, oldest first."""
        query = (
            select(CardRow)
            .where(CardRow.application_id == application_id)
            .order_by(CardRow.ordinal)
            .execution_options(populate_existing=True)
        )
        return [read_card(row) for row in self._session.scalars(query)]

    def save_card(self, card: CardRecord) -> None:
        """Write a card whose ``version`` is the one that was read; stores version + 1.

        Raises:
            IssuanceError: unknown (CARD_UNKNOWN); changed in between (CONCURRENT_CHANGE).
        """
        changed = self._session.scalar(
            update(CardRow)
            .where(CardRow.guid == card.guid, CardRow.version == card.version)
            .values(
                state=card.state,
                expires_at=card.expires_at,
                replaced_by=card.replaced_by,
                version=card.version + 1,
            )
            .returning(CardRow.version)
            .execution_options(synchronize_session=False)
        )
        if changed is None:
            known = select(CardRow.guid).where(CardRow.guid == card.guid)
            if self._session.scalar(known) is None:
                raise IssuanceError(ReasonCode.CARD_UNKNOWN, "no such card")
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the card")
        self._session.expunge_all()  # what was read of this card is stale now
        note_card_change(self._session, card.guid)
        self._session.execute(delete(CardKeyRow).where(CardKeyRow.guid == card.guid))
        self._session.add_all(key_rows(card.guid, card.keys))
        self._session.flush()

    def revoke_certificates(self, guid: CardGuid, reason: RevocationReason, at: datetime) -> None:
        """Mark every certificate of a card revoked (or on hold), reserved ones too."""
        for row in lock_certificates(self._session, CertificateRow.guid == guid):
            revoke_row(row, reason, at, self._trail)
        self._session.flush()

    def release_hold(self, guid: CardGuid, at: datetime) -> None:
        """Take the card's certificates off hold; those revoked for good stay so."""
        for row in lock_certificates(self._session, CertificateRow.guid == guid):
            release_row(row, at, self._trail)
        self._session.flush()

    def record(self, event: AuditEvent) -> None:
        """Append an audit event; it is written when the transaction ends.

        Raises:
            Malformed: the event can't be encoded.
        """
        self._trail.record(event)

    def was_recorded(self, action: AuditAction, subject: str) -> bool:
        """Tell whether an earlier transaction recorded this action of this subject."""
        query = select(AuditEventRow.seq).where(
            AuditEventRow.subject == subject, AuditEventRow.action == action.value
        )
        return self._session.scalar(query.limit(1)) is not None

    def _application_row(self, application_id: str) -> ApplicationRow:
        query = (
            select(ApplicationRow)
            .where(ApplicationRow.id == application_id)
            .with_for_update(of=ApplicationRow)
            .execution_options(populate_existing=True)
        )
        row = self._session.scalar(query)
        if row is None:
            raise IssuanceError(ReasonCode.APPLICATION_UNKNOWN, "no such application")
        return row

    def _save_holder(self, holder: Holder) -> None:
        row = lock_row(self._session, holder.id)
        if row is None:
            insert_holders(self._session, [holder], self._sealer)
        else:
            save_over(self._session, row, holder, self._sealer)


class SqlIssuanceStore:
    """Opens units of work for issuance.

    Args:
        database: migrated.
        sealer: seals and opens personal numbers.
        random_octets: draws the cards' places in status lists.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        random_octets: RandomOctets = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._random_octets = random_octets

    @contextmanager
    def transaction(self) -> Iterator[SqlIssuanceTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        try:
            with audited(self._database) as (session, trail):
                yield SqlIssuanceTransaction(session, trail, self._sealer, self._random_octets)
        except StoreError as error:
            if error.reason is ReasonCode.CONCURRENT_CHANGE:
                raise IssuanceError(error.reason, str(error)) from error
            raise
