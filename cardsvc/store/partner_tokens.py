"""Partners' access tokens, and the assertions that were answered with them.

A token is looked up at every request together with its partner and its key: a partner that is
shut out, or a key that is revoked, ends it in every process at once.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Row, Table, and_, bindparam, select

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.partner_records import (
    PartnerCaller,
    PartnerToken,
    RequestLimits,
    Scope,
    encode_scopes,
    parse_scopes,
)
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    PartnerKeyRow,
    PartnerTokenRow,
    RelyingPartyRow,
    SpentAssertionRow,
)
from cardsvc.store.upsert import insert_unless_there

_PARTIES, _KEYS = RelyingPartyRow.__table__, PartnerKeyRow.__table__
_TOKENS = PartnerTokenRow.__table__
_SPENT = cast("Table", SpentAssertionRow.__table__)
_PARTY = (
    _PARTIES.c.id,
    _PARTIES.c.realm,
    _PARTIES.c.scopes,
    _PARTIES.c.per_minute,
    _PARTIES.c.per_day,
)
_BY_TOKEN = (
    select(*_PARTY, _TOKENS.c.scopes.label("token_scopes"), _TOKENS.c.certificate_sha256)
    .join(_PARTIES, _PARTIES.c.id == _TOKENS.c.relying_party)
    .join(
        _KEYS,
        and_(_KEYS.c.relying_party == _TOKENS.c.relying_party, _KEYS.c.kid == _TOKENS.c.kid),
    )
    .where(
        _TOKENS.c.token_sha256 == bindparam("token"),
        _TOKENS.c.expires_at > bindparam("at"),
        _PARTIES.c.enabled.is_(True),
        _KEYS.c.revoked_at.is_(None),
    )
)
_BY_LASTING_TOKEN = select(*_PARTY).where(
    _PARTIES.c.token_sha256 == bindparam("token"), _PARTIES.c.enabled.is_(True)
)


class SqlPartnerTokens:
    """Keeps tokens by their SHA-256. Implements ``web.partners.ports.TokenBook``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, token: PartnerToken, jti: str | None, assertion_expires_at: datetime) -> bool:
        """Keep a token and spend the assertion that it was asked for with, both together.

        Args:
            token: what is given out.
            jti: the assertion's identifier; None for a client certificate, which has none.
            assertion_expires_at: until then ``jti`` is remembered.

        Returns:
            False where the assertion was answered before; no token is kept then.
        """
        with audited(self._database) as (session, trail):
            if jti is not None:
                # of two parallel requests one inserts, the other waits for it and finds it there
                inserted = session.connection().execute(
                    insert_unless_there(session.connection(), _SPENT),
                    {
                        "relying_party": token.relying_party,
                        "jti_sha256": sha256(jti.encode()).digest(),
                        "expires_at": assertion_expires_at,
                    },
                )
                if inserted.scalar_one_or_none() is None:
                    return False
            session.add(
                PartnerTokenRow(
                    token_sha256=token.token_sha256,
                    relying_party=token.relying_party,
                    kid=token.kid,
                    scopes=encode_scopes(token.scopes),
                    issued_at=token.issued_at,
                    expires_at=token.expires_at,
                    certificate_sha256=token.certificate_sha256,
                )
            )
            facts: AuditFacts = {"kid": token.kid, "scopes": encode_scopes(token.scopes)}
            party, at = token.relying_party, token.issued_at
            trail.record(AuditEvent(at, party, AuditAction.PARTNER_TOKEN_GIVEN, party, facts))
            return True

    def note_refusal(self, partner_id: str, reason: str, at: datetime) -> None:
        """Record that somebody was refused who said to be this partner."""
        with audited(self._database) as (_, trail):
            facts: AuditFacts = {"reason": reason}
            event = AuditEvent(at, partner_id, AuditAction.PARTNER_REFUSED, partner_id, facts)
            trail.record(event)

    def caller(self, token_sha256: bytes, at: datetime) -> PartnerCaller | None:
        """Return whom an access token belongs to, and what it opens; None where it opens nothing.

        A token opens what it was given for and the partner still may.
        """
        rows = self._database.look_up(_BY_TOKEN, token=token_sha256, at=at)
        if not rows:
            return None
        row = rows[0]
        scopes = _scopes(row.scopes) & _scopes(row.token_scopes)
        return _caller(row, scopes, row.certificate_sha256)

    def caller_by_lasting_token(self, token_sha256: bytes) -> PartnerCaller | None:
        """Return whom a token belongs to that was given at enrolment, or None."""
        rows = self._database.look_up(_BY_LASTING_TOKEN, token=token_sha256)
        return _caller(rows[0], _scopes(rows[0].scopes)) if rows else None


def _scopes(text: str) -> frozenset[Scope]:
    return parse_scopes(text) if text else frozenset()


def _caller(row: Row[Any], scopes: frozenset[Scope], certificate_sha256: str = "") -> PartnerCaller:
    limits = RequestLimits(row.per_minute, row.per_day)
    return PartnerCaller(row.id, row.realm, scopes, limits, certificate_sha256)
