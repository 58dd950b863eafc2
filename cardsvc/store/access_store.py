"""Who may call: reader agents and relying parties with their tokens, and service policies.

Only SHA-256 of a token is kept: a token has 256 random bits, so the hash can't be reversed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, select

from cardsvc.access_records import Enrolled, require_identifier
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.service_records import ServicePolicy
from cardsvc.store.agent_devices import revoke_devices
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.policy_store import IN_FORCE, put_in_force, read_in_force
from cardsvc.store.schema import AgentRow, PolicyVersionRow, RelyingPartyRow

TOKEN_OCTETS = 32


def new_token() -> str:
    """Return a bearer token of 256 random bits, in base64url."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


_AGENTS_BY_TOKENS = select(AgentRow.id, AgentRow.token_sha256).where(
    AgentRow.token_sha256.in_(bindparam("tokens", expanding=True)), AgentRow.enabled.is_(True)
)


class SqlAccessStore:
    """Enrols agents and relying parties, and finds agents by token."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enrol_agent(self, agent_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Add an agent, or give a known one a new token and let it in; return it, shown once.

        A device that was this agent until now is not any more.
        """
        require_identifier(agent_id)
        token = new_token()
        with audited(self._database) as (session, trail):
            row = session.get(AgentRow, agent_id)
            if row is None:
                row = AgentRow(id=agent_id, created_at=at)
                session.add(row)
            row.name, row.enabled, row.token_sha256 = name, True, _hash(token)
            session.flush()
            revoke_devices(session, agent_id, at)
            trail.record(AuditEvent(at, operator, AuditAction.AGENT_ENROLLED, agent_id))
        return token

    def disable_agent(self, agent_id: str, *, operator: str, at: datetime) -> bool:
        """Shut an agent out, its device for good; return whether there was one."""
        with audited(self._database) as (session, trail):
            row = session.get(AgentRow, agent_id)
            if row is None:
                return False
            row.enabled = False
            # a stolen device stays out when another one is enrolled in its place
            revoke_devices(session, agent_id, at)
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
        partners = SqlPartnerStore(self._database)
        return partners.set_enabled(party_id, enabled=False, operator=operator, at=at)

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

    def policies(self, at: datetime) -> Sequence[ServicePolicy]:
        """Return the policies in force at an instant; a disabled relying party has none."""
        services = (
            select(PolicyVersionRow.relying_party, PolicyVersionRow.service)
            .distinct()
            .order_by(PolicyVersionRow.relying_party, PolicyVersionRow.service)
        )
        with self._database.reading() as session:
            ask = session.connection().execute
            rows = [
                ask(IN_FORCE, {"relying_party": party, "service": service, "at": at}).one_or_none()
                for party, service in session.execute(services)
            ]
            return [read_in_force(row) for row in rows if row is not None]

    def put_policy(self, policy: ServicePolicy, *, operator: str, at: datetime) -> int:
        """Put a simple policy in force at once, as the next version; return that version.

        One person is enough for it. Any other policy is put, rehearsed and activated
        (``SqlPolicyStore``).
        """
        with audited(self._database) as (session, trail):
            return put_in_force(session, trail, policy, operator, at)

    def agent_by_token(self, token_sha256: bytes) -> str | None:
        """Return the enabled agent's identifier, or None."""
        return self.agents_by_tokens([token_sha256]).get(token_sha256)

    def agents_by_tokens(self, tokens_sha256: Sequence[bytes]) -> Mapping[bytes, str]:
        """Return the enabled agents of those tokens that open anything.

        Args:
            tokens_sha256: hashes of tokens, as many as one query takes parameters.
        """
        rows = self._database.look_up(_AGENTS_BY_TOKENS, tokens=list(tokens_sha256))
        return {bytes(row.token_sha256): row.id for row in rows}


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
