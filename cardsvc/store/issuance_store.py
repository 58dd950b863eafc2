"""What issuance keeps: applications, holders, cards. Implements ``issuance.ports`` over SQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, func, select, update

from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ENDED_STATES, OPEN_APPLICATIONS
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.store.batch_rows import BatchRows
from cardsvc.store.card_mapping import (
    card_values,
    key_rows,
    read_application,
    read_card,
    write_note,
)
from cardsvc.store.certificate_status import lock_certificates, release_row, revoke_row
from cardsvc.store.decision_rows import DecisionRows
from cardsvc.store.engine import Database
from cardsvc.store.holder_mapping import number_index, read_holder
from cardsvc.store.holder_rows import insert_holders, lock_row, save_over
from cardsvc.store.loss_rows import LossRows
from cardsvc.store.privacy_store import refuse_restricted
from cardsvc.store.schema import (
    ApplicationRow,
    CardKeyRow,
    CardRow,
    CertificateRow,
    HolderRow,
)
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_changes import note_card_change
from cardsvc.store.status_lists import RandomOctets, give_place
from cardsvc.store.stock_ledger import SqlStockLedger
from cardsvc.store.unit_of_work import issuing
from cardsvc.store.unit_rules import UnitRuleRows
from cardsvc.terms import CardType, RevocationReason


class SqlIssuanceTransaction(LossRows, DecisionRows, BatchRows, UnitRuleRows):
    """One unit of work on one session."""

    def known_holder(self, holder: Holder) -> Holder | None:
        """Return the person with that identifier or personal number, locked, or None."""
        row = lock_row(self._session, holder.id)
        if row is None:
            return self.holder_with_number(holder.personal_number)
        return read_holder(row, self._sealer)

    def holder_with_number(self, number: PersonalNumber) -> Holder | None:
        """Return the person with a personal number, or None."""
        query = (
            select(HolderRow)
            .where(HolderRow.personal_number_index == number_index(number, self._sealer))
            .order_by(HolderRow.id)
            .limit(1)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        row = self._session.scalar(query)
        return None if row is None else read_holder(row, self._sealer)

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
        row = ApplicationRow(
            id=application.id,
            card_type=application.card_type,
            holder_id=application.holder.id,
            kind=application.kind,
            replaces=application.replaces,
            realm=application.realm,
        )
        self._write(row, application)
        self._session.add(row)
        self._session.flush()

    def find_application(self, application_id: str) -> Application | None:
        """Return an application, locked for this transaction, or None."""
        row = self._find_row(application_id)
        return None if row is None else read_application(row, self._sealer)

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
        self._write(row, application)
        self._session.flush()

    def _write(self, row: ApplicationRow, application: Application) -> None:
        row.state = application.state
        row.approved_by = application.approved_by
        row.approved_at = application.approved_at
        row.requested_by = application.requested_by
        row.requested_at = application.requested_at
        row.decision_id = application.decision_id
        write_note(row, application.note, self._sealer)

    def open_application(self, holder_id: str, card_type: CardType) -> str | None:
        """Return the application that is still to lead to a card of this type, or None."""
        query = select(ApplicationRow.id).where(
            ApplicationRow.holder_id == holder_id,
            ApplicationRow.card_type == card_type,
            ApplicationRow.state.in_(OPEN_APPLICATIONS),
        )
        return self._session.scalar(query.order_by(ApplicationRow.requested_at).limit(1))

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
                version=card.version,
                requested_by=application.requested_by,
                approved_by=application.approved_by,
                # not the card's own word: no request for a test card yields a true one
                realm=application.realm,
                **card_values(card),
            )
        )
        self._session.flush()
        self._session.add_all(key_rows(card.guid, card.keys))
        self._session.flush()
        give_place(self._session, card.guid, self._random_octets, application.realm)
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

    def cards_of_holder(self, holder_id: str) -> Sequence[CardRecord]:
        """Return a holder's cards that have not ended, locked, lowest GUID first."""
        query = (
            select(CardRow)
            .where(CardRow.holder_id == holder_id, CardRow.state.not_in(ENDED_STATES))
            .order_by(CardRow.guid)
            .with_for_update(of=CardRow)
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
            .values(version=card.version + 1, **card_values(card))
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

    def _application_row(self, application_id: str) -> ApplicationRow:
        row = self._find_row(application_id)
        if row is None:
            raise IssuanceError(ReasonCode.APPLICATION_UNKNOWN, "no such application")
        return row

    def _find_row(self, application_id: str) -> ApplicationRow | None:
        query = (
            select(ApplicationRow)
            .where(ApplicationRow.id == application_id)
            .with_for_update(of=ApplicationRow)
            .execution_options(populate_existing=True)
        )
        return self._session.scalar(query)

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
        with issuing(self._database) as (session, trail):
            yield SqlIssuanceTransaction(session, trail, self._sealer, self._random_octets)
