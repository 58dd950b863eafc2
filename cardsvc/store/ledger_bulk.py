"""The ledger for many certificates at once: each step is one transaction, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.ledger_records import Reservation
from cardsvc.store.audit_trail import AuditTrail
from cardsvc.store.certificate_status import CA_ACTOR
from cardsvc.store.many_rows import ManyRows
from cardsvc.store.schema import CertificateRow
from cardsvc.store.status_changes import note_certificate_change
from cardsvc.terms import RevocationReason

_LEDGER = cast("Table", CertificateRow.__table__)
_RESERVE = ManyRows(insert(_LEDGER))
_REDEEM = (
    update(_LEDGER)
    .where(
        _LEDGER.c.token_sha256.in_(bindparam("tokens", expanding=True)),
        _LEDGER.c.redeemed_at.is_(None),
        _LEDGER.c.revoked_at.is_(None),
    )
    .values(redeemed_at=bindparam("at"))
    .returning(  # in the order of a Reservation
        _LEDGER.c.issuer_key_id,
        _LEDGER.c.serial,
        _LEDGER.c.profile,
        _LEDGER.c.guid,
        _LEDGER.c.spki_sha256,
        _LEDGER.c.not_after,
        _LEDGER.c.reserved_at,
        _LEDGER.c.token_sha256,
        _LEDGER.c.draft_der,
    )
)
_SIGNED = ManyRows(
    update(_LEDGER)
    .where(
        _LEDGER.c.issuer_key_id == bindparam("issuer"),
        _LEDGER.c.serial == bindparam("number"),
        _LEDGER.c.redeemed_at.is_not(None),
        _LEDGER.c.certificate_der.is_(None),
        _LEDGER.c.revoked_at.is_(None),
    )
    .values(
        certificate_der=bindparam("der"),
        signed_at=bindparam("at"),
        revocation_reason=bindparam("reason"),
        revoked_at=bindparam("held_at"),
    )
)
_KNOWN = select(_LEDGER.c.spki_sha256).where(
    _LEDGER.c.spki_sha256.in_(bindparam("keys", expanding=True))
)
_AT_ONCE = 500
"""Parameters of one query; older SQLite takes 999 at most."""


def reserve_all(session: Session, trail: AuditTrail, reservations: Sequence[Reservation]) -> None:
    """Record serial numbers, keys and tokens."""
    rows = [
        {
            "issuer_key_id": one.issuer_key_id,
            "serial": one.serial,
            "profile": one.profile,
            "guid": one.guid,
            "spki_sha256": one.spki_sha256,
            "not_after": one.not_after,
            "reserved_at": one.reserved_at,
            "token_sha256": one.token_sha256,
            "draft_der": one.draft_der,
        }
        for one in reservations
    ]
    for one in reservations:
        trail.record(_event(AuditAction.CERTIFICATE_RESERVED, one, one.reserved_at, None))
    # the first statement takes the write lock: what can be made ready is ready before it
    ready = _RESERVE.ready(session.get_bind().dialect, rows)
    ready.execute(session.connection())


def any_known(connection: Connection, keys: Sequence[bytes]) -> bool:
    """Tell whether one of many keys is in the ledger."""
    return any(
        connection.execute(_KNOWN, {"keys": keys[start : start + _AT_ONCE]}).first() is not None
        for start in range(0, len(keys), _AT_ONCE)
    )


def redeem_all(
    session: Session, tokens_sha256: Sequence[bytes], at: datetime
) -> Sequence[Reservation]:
    """Spend tokens; return their reservations in the same order.

    Raises:
        VaultError: one is unknown, spent, or revoked in between (SIGNING_TOKEN_SPENT).
    """
    found: dict[bytes, Reservation] = {}
    for start in range(0, len(tokens_sha256), _AT_ONCE):
        tokens = tokens_sha256[start : start + _AT_ONCE]
        for row in session.connection().execute(_REDEEM, {"tokens": tokens, "at": at}):
            reserved = Reservation(*row)
            found[reserved.token_sha256] = reserved
    if len(found) != len(tokens_sha256):
        raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "no such token, or it is spent")
    return [found[token] for token in tokens_sha256]


def record_all_signed(
    session: Session,
    trail: AuditTrail,
    signed: Mapping[Reservation, bytes],
    at: datetime,
) -> None:
    """Record the certificates of redeemed reservations, on hold from the first.

    Raises:
        VaultError: one is not redeemed, or is signed or revoked already (SIGNING_TOKEN_SPENT).
    """
    hold = RevocationReason.CERTIFICATE_HOLD
    rows: list[dict[str, Any]] = [
        {
            "issuer": one.issuer_key_id,
            "number": one.serial,
            "der": der,
            "at": at,
            "reason": hold,
            "held_at": at,
        }
        for one, der in signed.items()
    ]
    for one in signed:
        note_certificate_change(session, one.issuer_key_id, one.guid)
        trail.record(_event(AuditAction.CERTIFICATE_SIGNED, one, at, hold))
    ready = _SIGNED.ready(session.get_bind().dialect, rows)
    if ready.execute(session.connection()) != len(rows):
        raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "nothing to be signed here")


def _event(
    action: AuditAction, one: Reservation, at: datetime, reason: RevocationReason | None
) -> AuditEvent:
    return AuditEvent(
        at=at,
        actor=CA_ACTOR,
        action=action,
        subject=f"{one.serial:x}",
        facts={
            "issuer_key_id": one.issuer_key_id.hex(),
            "profile": one.profile,
            "guid": None if one.guid is None else str(one.guid),
            "reason": None if reason is None else reason.value,
        },
    )
