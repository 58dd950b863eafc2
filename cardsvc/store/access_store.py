"""Who may call: reader agents and relying parties with their tokens, and service policies.

Only SHA-256 of a token is kept: a token has 256 random bits, so the hash can't be reversed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select

from cardsvc.access_records import Enrolled, require_identifier
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.service_records import ServicePolicy
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentRow, RelyingPartyRow, ServicePolicyRow
from cardsvc.store.verification_store import read_policy

TOKEN_OCTETS = 32


def new_token() -> str:
    """Return a bearer token of 256 random bits, in base64url."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


class SqlAccessStore:
    """Enrols agents and relying parties, and finds them by token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enrol_agent(self, agent_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Add an agent, or give a known one a new token and let it in; return it, shown once."""
        require_identifier(agent_id)
        token = new_token()
        with audited(self._database) as (session, trail):
            row = session.get(AgentRow, agent_id)
            if row is None:
                row = AgentRow(id=agent_id, created_at=at)
                session.add(row)
            row.name, row.enabled, row.token_sha256 = name, True, _hash(token)
            trail.record(AuditEvent(at, operator, AuditAction.AGENT_ENROLLED, agent_id))
        return token

    def disable_agent(self, agent_id: str, *, operator: str, at: datetime) -> bool:
        """Shut an agent out; return whether there was one."""
        with audited(self._database) as (session, trail):
            row = session.get(AgentRow, agent_id)
            if row is None:
                return False
            row.enabled = False
            trail.record(AuditEvent(at, operator, AuditAction.AGENT_DISABLED, agent_id))
            return True

    def enrol_relying_party(self, party_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Add a relying party, or give a known one a new token and let it in; return the token."""
        require_identifier(party_id)
        token = new_token()
        with audited(self._database) as (session, trail):
            row = session.get(RelyingPartyRow, party_id)
            if row is None:
                row = RelyingPartyRow(id=party_id, created_at=at)
                session.add(row)
            row.name, row.enabled, row.token_sha256 = name, True, _hash(token)
            trail.record(AuditEvent(at, operator, AuditAction.RELYING_PARTY_ENROLLED, party_id))
        return token

    def disable_relying_party(self, party_id: str, *, operator: str, at: datetime) -> bool:
        """Shut a relying party out, its services with it; return whether there was one."""
        with audited(self._database) as (session, trail):
            row = session.get(RelyingPartyRow, party_id)
            if row is None:
                return False
            row.enabled = False
            trail.record(AuditEvent(at, operator, AuditAction.RELYING_PARTY_DISABLED, party_id))
            return True

    def agents(self) -> Sequence[Enrolled]:
        """Return all agents by identifier."""
        with self._database.reading() as session:
            rows = session.scalars(select(AgentRow).order_by(AgentRow.id))
            return [Enrolled(row.id, row.name, row.enabled) for row in rows]

    def relying_parties(self) -> Sequence[Enrolled]:
        """Return all relying parties by identifier."""
        with self._database.reading() as session:
            rows = session.scalars(select(RelyingPartyRow).order_by(RelyingPartyRow.id))
            return [Enrolled(row.id, row.name, row.enabled) for row in rows]

    def policies(self) -> Sequence[ServicePolicy]:
        """Return the policies in force, the latest version of each.

        Raises:
            StoreError: a policy is not what we wrote (RECORD_CORRUPT).
        """
        query = select(ServicePolicyRow).order_by(
            ServicePolicyRow.relying_party, ServicePolicyRow.service, ServicePolicyRow.version
        )
        with self._database.reading() as session:
            found = [read_policy(row) for row in session.scalars(query)]
        return list({(one.relying_party, one.service): one for one in found}.values())

    def put_policy(self, policy: ServicePolicy, *, operator: str, at: datetime) -> int:
        """Put a policy in force as the next version; return that version."""
        with audited(self._database) as (session, trail):
            last = session.scalar(
                select(func.max(ServicePolicyRow.version)).where(
                    ServicePolicyRow.relying_party == policy.relying_party,
                    ServicePolicyRow.service == policy.service,
                )
            )
            version = (last or 0) + 1
            session.add(
                ServicePolicyRow(
                    relying_party=policy.relying_party,
                    service=policy.service,
                    version=version,
                    card_types=sorted(card_type.value for card_type in policy.card_types),
                    minimum_level=int(policy.minimum_level),
                )
            )
            subject = f"{policy.relying_party}/{policy.service}"
            facts: AuditFacts = {"version": version}
            trail.record(AuditEvent(at, operator, AuditAction.POLICY_PUT, subject, facts))
        return version

    def agent_by_token(self, token_sha256: bytes) -> str | None:
        """Return the enabled agent's identifier, or None."""
        query = select(AgentRow.id).where(
            AgentRow.token_sha256 == token_sha256, AgentRow.enabled.is_(True)
        )
        with self._database.reading() as session:
            return session.scalar(query)

    def relying_party_by_token(self, token_sha256: bytes) -> str | None:
        """Return the enabled relying party's identifier, or None."""
        query = select(RelyingPartyRow.id).where(
            RelyingPartyRow.token_sha256 == token_sha256, RelyingPartyRow.enabled.is_(True)
        )
        with self._database.reading() as session:
            return session.scalar(query)


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
