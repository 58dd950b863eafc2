"""The CA's memory over SQL. Implements ``keys.ports.CertificateLedger``.

Each call is one committed unit of work with its audit event; one-use rules are single
conditional statements or unique constraints, so that they hold between processes too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, text, update

from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode, StoreError, VaultError
from cardsvc.ledger_records import LedgerEntry, Reservation, Revocation, RevokedSerial
from cardsvc.store.audit_trail import audited
from cardsvc.store.certificate_status import (
    certificate_event,
    lock_certificates,
    release_row,
    revoke_row,
)
from cardsvc.store.engine import Database
from cardsvc.store.ledger_bulk import any_known, record_all_signed, redeem_all, reserve_all
from cardsvc.store.schema import CertificateRow
from cardsvc.store.status_changes import crl_subject, read_changes
from cardsvc.terms import RevocationReason

_NEXT_CRL_NUMBER = text(
    "INSERT INTO crl_numbers (issuer_key_id, last_number) VALUES (:issuer, 1) "
    "ON CONFLICT (issuer_key_id) DO UPDATE SET last_number = crl_numbers.last_number + 1 "
    "RETURNING last_number"
)


class SqlCertificateLedger:
    """Every certificate that was ever reserved.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, reservation: Reservation) -> None:
        """Record a serial number, its key and its token; durable when this returns.

        Raises:
            VaultError: the key is in the ledger (KEY_REUSED), or the serial (SERIAL_TAKEN).
        """
        row = CertificateRow(
            issuer_key_id=reservation.issuer_key_id,
            serial=reservation.serial,
            profile=reservation.profile,
            guid=reservation.guid,
            spki_sha256=reservation.spki_sha256,
            not_after=reservation.not_after,
            reserved_at=reservation.reserved_at,
            token_sha256=reservation.token_sha256,
            draft_der=reservation.draft_der,
        )
        try:
            with audited(self._database) as (session, trail):
                session.add(row)
                session.flush()
                event = certificate_event(
                    AuditAction.CERTIFICATE_RESERVED, row, reservation.reserved_at
                )
                trail.record(event)
        except StoreError as error:
            if error.reason is not ReasonCode.CONCURRENT_CHANGE:
                raise
            # a unique constraint refused it: say which, in the order of what matters more
            if self.find_by_key(reservation.spki_sha256) is not None:
                raise VaultError(ReasonCode.KEY_REUSED, "the key is in the ledger") from error
            if self.find(reservation.issuer_key_id, reservation.serial) is not None:
                raise VaultError(ReasonCode.SERIAL_TAKEN, "the serial is in use") from error
            raise

    def redeem(self, token_sha256: bytes, at: datetime) -> Reservation:
        """Spend a signing token; of many callers at once exactly one gets the reservation.

        Raises:
            VaultError: unknown, spent, or revoked in between (SIGNING_TOKEN_SPENT).
        """
        statement = (
            update(CertificateRow)
            .where(
                CertificateRow.token_sha256 == token_sha256,
                CertificateRow.redeemed_at.is_(None),
                CertificateRow.revoked_at.is_(None),
            )
            .values(redeemed_at=at)
            .returning(CertificateRow)
        )
        with self._database.writing() as session:
            row = session.scalars(statement).one_or_none()
            if row is None:
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "no such token, or it is spent")
            return _reservation(row)

    def record_signed(
        self, issuer_key_id: bytes, serial: int, certificate_der: bytes, at: datetime
    ) -> None:
        """Record the certificate of a redeemed reservation.

        Raises:
            VaultError: nothing is redeemed, or all is signed already (SIGNING_TOKEN_SPENT).
        """
        statement = (
            update(CertificateRow)
            .where(
                _is(issuer_key_id, serial),
                CertificateRow.redeemed_at.is_not(None),
                CertificateRow.certificate_der.is_(None),
            )
            .values(certificate_der=certificate_der, signed_at=at)
            .returning(CertificateRow)
        )
        with audited(self._database) as (session, trail):
            row = session.scalars(statement).one_or_none()
            if row is None:
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "nothing to be signed here")
            trail.record(certificate_event(AuditAction.CERTIFICATE_SIGNED, row, at))

    def reserve_all(self, reservations: Sequence[Reservation]) -> None:
        """Record many reservations in one transaction; durable when this returns.

        Raises:
            VaultError: a key is in the ledger (KEY_REUSED), or a serial (SERIAL_TAKEN); nothing
                is recorded then.
        """
        try:
            with audited(self._database) as (session, trail):
                reserve_all(session, trail, reservations)
        except StoreError as error:
            if error.reason is not ReasonCode.CONCURRENT_CHANGE:
                raise
            keys = [one.spki_sha256 for one in reservations]
            with self._database.reading() as session:
                known = any_known(session.connection(), keys)
            if known or len(set(keys)) != len(keys):
                raise VaultError(ReasonCode.KEY_REUSED, "a key is in the ledger") from error
            raise VaultError(ReasonCode.SERIAL_TAKEN, "a serial is in use") from error

    def redeem_all(self, tokens_sha256: Sequence[bytes], at: datetime) -> Sequence[Reservation]:
        """Spend many tokens, all or none of them; return the reservations in their order.

        Raises:
            VaultError: one is unknown, spent, or revoked in between (SIGNING_TOKEN_SPENT).
        """
        with self._database.writing() as session:
            return redeem_all(session, tokens_sha256, at)

    def record_all_signed(self, signed: Mapping[Reservation, bytes], at: datetime) -> None:
        """Record the certificates of redeemed reservations, on hold, all or none of them.

        Raises:
            VaultError: one is not redeemed, or is signed or revoked (SIGNING_TOKEN_SPENT).
        """
        with audited(self._database) as (session, trail):
            record_all_signed(session, trail, signed, at)

    def find(self, issuer_key_id: bytes, serial: int) -> LedgerEntry | None:
        """Return the entry of an issuer's serial number."""
        with self._database.reading() as session:
            row = session.get(CertificateRow, (issuer_key_id, serial))
            return None if row is None else _entry(row)

    def find_by_key(self, spki_sha256: bytes) -> LedgerEntry | None:
        """Return the entry of a public key."""
        query = select(CertificateRow).where(CertificateRow.spki_sha256 == spki_sha256)
        with self._database.reading() as session:
            row = session.scalars(query).one_or_none()
            return None if row is None else _entry(row)

    def list_by_profile(self, profile: str) -> Sequence[LedgerEntry]:
        """Return the signed entries of a profile, oldest reservation first."""
        query = (
            select(CertificateRow)
            .where(CertificateRow.profile == profile, CertificateRow.certificate_der.is_not(None))
            .order_by(CertificateRow.reserved_at)
        )
        with self._database.reading() as session:
            return [_entry(row) for row in session.scalars(query)]

    def revoke(
        self, issuer_key_id: bytes, serial: int, reason: RevocationReason, at: datetime
    ) -> None:
        """Revoke, or put on hold; what is revoked for good keeps its first reason.

        Raises:
            VaultError: never reserved (SERIAL_UNKNOWN).
        """
        with audited(self._database) as (session, trail):
            rows = lock_certificates(session, _is(issuer_key_id, serial))
            for row in _known(rows):
                revoke_row(row, reason, at, trail)

    def release_hold(self, issuer_key_id: bytes, serial: int, at: datetime) -> None:
        """Make a certificate on hold good again; leaves one revoked for good as it is.

        Raises:
            VaultError: never reserved (SERIAL_UNKNOWN).
        """
        with audited(self._database) as (session, trail):
            rows = lock_certificates(session, _is(issuer_key_id, serial))
            for row in _known(rows):
                release_row(row, at, trail)

    def revoked(self, issuer_key_id: bytes, unexpired_at: datetime) -> Sequence[RevokedSerial]:
        """Return what an issuer's CRL lists, by ascending serial (RFC 5280 section 5.1.2.6)."""
        query = select(
            CertificateRow.serial, CertificateRow.revocation_reason, CertificateRow.revoked_at
        ).where(
            CertificateRow.issuer_key_id == issuer_key_id,
            CertificateRow.revoked_at.is_not(None),
            CertificateRow.not_after >= unexpired_at,
        )
        with self._database.reading() as session:
            listed = [
                RevokedSerial(serial, Revocation(reason, revoked_at))
                for serial, reason, revoked_at in session.execute(query)
                if reason is not None and revoked_at is not None
            ]
        return sorted(listed, key=lambda one: one.serial)

    def crl_changes(self, issuer_key_id: bytes) -> int:
        """Return how often what the issuer's CRL lists has changed."""
        with self._database.reading() as session:
            return read_changes(session, crl_subject(issuer_key_id))

    def next_crl_number(self, issuer_key_id: bytes) -> int:
        """Return the issuer's next CRL number: 1, 2, 3 … (RFC 5280 section 5.2.3)."""
        with self._database.writing() as session:
            number = session.execute(_NEXT_CRL_NUMBER, {"issuer": issuer_key_id}).scalar_one()
            return int(number)


def _is(issuer_key_id: bytes, serial: int) -> ColumnElement[bool]:
    return and_(CertificateRow.issuer_key_id == issuer_key_id, CertificateRow.serial == serial)


def _known(rows: Sequence[CertificateRow]) -> Sequence[CertificateRow]:
    if not rows:
        raise VaultError(ReasonCode.SERIAL_UNKNOWN, "never reserved")
    return rows


def _reservation(row: CertificateRow) -> Reservation:
    return Reservation(
        issuer_key_id=row.issuer_key_id,
        serial=row.serial,
        profile=row.profile,
        guid=row.guid,
        spki_sha256=row.spki_sha256,
        not_after=row.not_after,
        reserved_at=row.reserved_at,
        token_sha256=row.token_sha256,
        draft_der=row.draft_der,
    )


def _entry(row: CertificateRow) -> LedgerEntry:
    revocation = None
    if row.revocation_reason is not None and row.revoked_at is not None:
        revocation = Revocation(row.revocation_reason, row.revoked_at)
    return LedgerEntry(
        reservation=_reservation(row),
        redeemed_at=row.redeemed_at,
        certificate_der=row.certificate_der,
        signed_at=row.signed_at,
        revocation=revocation,
    )
