"""The register of partners and their keys. Implements ``web.partners.ports.PartnerBook``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from cardsvc.access_records import require_identifier
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.phone import PhoneNumber
from cardsvc.partner_records import (
    MOST_KEYS,
    Contact,
    ContactRole,
    Partner,
    PartnerKey,
    PartnerProfile,
    RequestLimits,
    encode_scopes,
    parse_scopes,
)
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import PartnerKeyRow, RelyingPartyRow

_KEYS = PartnerKeyRow.__table__
_KEY = select(_KEYS).where(
    _KEYS.c.relying_party == bindparam("relying_party"), _KEYS.c.kid == bindparam("kid")
)
_BY_THUMBPRINT = select(_KEYS).where(
    _KEYS.c.relying_party == bindparam("relying_party"),
    _KEYS.c.thumbprint == bindparam("thumbprint"),
)


class SqlPartnerStore:
    """Keeps what was agreed with partners, and their public keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, partner_id: str, profile: PartnerProfile, *, operator: str, at: datetime) -> None:
        """Enrol a partner, or change what was agreed with one; a realm stays for good.

        Raises:
            StoreError: it is enrolled in the other realm (CONCURRENT_CHANGE).
            Malformed: no identifier.
        """
        require_identifier(partner_id)
        with audited(self._database) as (session, trail):
            row = session.get(RelyingPartyRow, partner_id)
            action = AuditAction.RELYING_PARTY_CHANGED
            if row is None:
                action = AuditAction.RELYING_PARTY_ENROLLED
                row = RelyingPartyRow(
                    id=partner_id, created_at=at, enabled=True, realm=profile.realm
                )
                session.add(row)
            if row.realm is not profile.realm:
                raise StoreError(ReasonCode.CONCURRENT_CHANGE, "a partner's realm stays")
            _write(row, profile)
            facts: AuditFacts = {
                "realm": profile.realm.value,
                "scopes": row.scopes,
                "per_minute": row.per_minute,
                "per_day": row.per_day,
            }
            trail.record(AuditEvent(at, operator, action, partner_id, facts))

    def set_enabled(self, partner_id: str, *, enabled: bool, operator: str, at: datetime) -> bool:
        """Let a partner in, or shut it out, its services with it; return whether there is one."""
        with audited(self._database) as (session, trail):
            row = session.get(RelyingPartyRow, partner_id)
            if row is None:
                return False
            row.enabled = enabled
            action = AuditAction.RELYING_PARTY_ENABLED
            if not enabled:
                action = AuditAction.RELYING_PARTY_DISABLED
            trail.record(AuditEvent(at, operator, action, partner_id))
            return True

    def find(self, partner_id: str) -> Partner | None:
        """Return a partner, or None."""
        with self._database.reading() as session:
            row = session.get(RelyingPartyRow, partner_id)
            return None if row is None else _partner(row)

    def partners(self) -> Sequence[Partner]:
        """Return all partners by identifier."""
        with self._database.reading() as session:
            rows = session.scalars(select(RelyingPartyRow).order_by(RelyingPartyRow.id))
            return [_partner(row) for row in rows]

    def keys(self, partner_id: str) -> Sequence[PartnerKey]:
        """Return a partner's keys, the newest first, those that ended included."""
        query = (
            select(PartnerKeyRow)
            .where(PartnerKeyRow.relying_party == partner_id)
            .order_by(PartnerKeyRow.not_before.desc(), PartnerKeyRow.kid)
        )
        with self._database.reading() as session:
            return [_key(row) for row in session.scalars(query)]

    def key(self, partner_id: str, kid: str) -> PartnerKey | None:
        """Return a key of a partner by its name, or None."""
        rows = self._database.look_up(_KEY, relying_party=partner_id, kid=kid)
        return _key(rows[0]) if rows else None

    def key_by_thumbprint(self, partner_id: str, thumbprint: str) -> PartnerKey | None:
        """Return a key of a partner by its thumbprint, or None."""
        rows = self._database.look_up(
            _BY_THUMBPRINT, relying_party=partner_id, thumbprint=thumbprint
        )
        return _key(rows[0]) if rows else None

    def add_key(self, key: PartnerKey, *, operator: str, at: datetime) -> None:
        """Add a key; from then on the token that never expires is good no more.

        Raises:
            StoreError: no such partner (RELYING_PARTY_UNKNOWN); the name or the key itself is
                on record, this partner's or another's, or there are too many (PARTNER_KEY_TAKEN).
        """
        with audited(self._database) as (session, trail):
            party = _require(session, key.relying_party)
            taken = (PartnerKeyRow.thumbprint == key.thumbprint) | (
                (PartnerKeyRow.relying_party == key.relying_party) & (PartnerKeyRow.kid == key.kid)
            )
            if session.scalar(select(func.count()).where(taken)):
                raise StoreError(ReasonCode.PARTNER_KEY_TAKEN, "the key or its name is on record")
            living = select(func.count()).where(
                PartnerKeyRow.relying_party == key.relying_party,
                PartnerKeyRow.revoked_at.is_(None),
                PartnerKeyRow.not_after >= at,
            )
            if (session.scalar(living) or 0) >= MOST_KEYS:
                raise StoreError(ReasonCode.PARTNER_KEY_TAKEN, f"{MOST_KEYS} keys are in use")
            session.add(
                PartnerKeyRow(
                    relying_party=key.relying_party,
                    kid=key.kid,
                    kind=key.kind,
                    algorithm=key.algorithm,
                    thumbprint=key.thumbprint,
                    jwk=key.jwk,
                    not_before=key.not_before,
                    not_after=key.not_after,
                    added_at=at,
                    added_by=operator,
                )
            )
            token_ended = party.token_sha256 is not None
            party.token_sha256 = None
            facts: AuditFacts = {
                "kid": key.kid,
                "kind": key.kind.value,
                "thumbprint": key.thumbprint,
                "not_after": key.not_after.isoformat(),
                "token_ended": token_ended,
            }
            action, party_id = AuditAction.PARTNER_KEY_ADDED, key.relying_party
            trail.record(AuditEvent(at, operator, action, party_id, facts))

    def revoke_key(self, partner_id: str, kid: str, *, operator: str, at: datetime) -> None:
        """End a key now, and with it the tokens that were asked for with it.

        Raises:
            StoreError: no such key (PARTNER_KEY_UNKNOWN).
        """
        with audited(self._database) as (session, trail):
            row = session.get(PartnerKeyRow, (partner_id, kid))
            if row is None:
                raise StoreError(ReasonCode.PARTNER_KEY_UNKNOWN, "the partner has no such key")
            if row.revoked_at is None:
                row.revoked_at = at
                facts: AuditFacts = {"kid": kid}
                action = AuditAction.PARTNER_KEY_REVOKED
                trail.record(AuditEvent(at, operator, action, partner_id, facts))


def _require(session: Session, partner_id: str) -> RelyingPartyRow:
    row = session.get(RelyingPartyRow, partner_id)
    if row is None:
        raise StoreError(ReasonCode.RELYING_PARTY_UNKNOWN, "no such partner")
    return row


def _write(row: RelyingPartyRow, profile: PartnerProfile) -> None:
    row.name = profile.name
    row.agency_code = None if profile.agency_code is None else profile.agency_code.value
    row.contacts = _write_contacts(profile.contacts)
    row.scopes = encode_scopes(profile.scopes)
    row.per_minute, row.per_day = profile.limits.per_minute, profile.limits.per_day
    row.agreement = profile.agreement


def _partner(row: RelyingPartyRow) -> Partner:
    profile = PartnerProfile(
        name=row.name,
        realm=row.realm,
        agency_code=None if row.agency_code is None else AgencyCode.parse(row.agency_code),
        contacts=_read_contacts(row.contacts),
        scopes=parse_scopes(row.scopes) if row.scopes else frozenset(),
        limits=RequestLimits(row.per_minute, row.per_day),
        agreement=row.agreement,
    )
    return Partner(row.id, profile, row.enabled, row.token_sha256 is not None, row.created_at)


def _write_contacts(contacts: Sequence[Contact]) -> str:
    return json.dumps(
        [
            {
                "role": one.role.value,
                "email": None if one.email is None else one.email.value,
                "phone": None if one.phone is None else one.phone.value,
            }
            for one in contacts
        ]
    )


def _read_contacts(text: str) -> tuple[Contact, ...]:
    return tuple(
        Contact(
            ContactRole(one["role"]),
            None if one["email"] is None else EmailAddress(one["email"]),
            None if one["phone"] is None else PhoneNumber(one["phone"]),
        )
        for one in json.loads(text)
    )


def _key(row: PartnerKeyRow | Row[Any]) -> PartnerKey:
    return PartnerKey(
        relying_party=row.relying_party,
        kid=row.kid,
        kind=row.kind,
        algorithm=row.algorithm,
        thumbprint=row.thumbprint,
        jwk=row.jwk,
        not_before=row.not_before,
        not_after=row.not_after,
        revoked_at=row.revoked_at,
    )
