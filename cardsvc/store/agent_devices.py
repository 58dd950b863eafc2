"""Invitations of agents and their devices' certificates."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from cardsvc.access_records import require_identifier
from cardsvc.agent_records import INVITE_LIFE, AgentInvite, DeviceCertificate
from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    DEVICE_AUTHORITY_ID,
    AgentInviteRow,
    AgentRow,
    DeviceAuthorityRow,
    DeviceCertificateRow,
)
from cardsvc.store.upsert import upsert

_DEVICE = (
    select(DeviceCertificateRow)
    .join(AgentRow, AgentRow.id == DeviceCertificateRow.agent)
    .where(
        DeviceCertificateRow.sha256 == bindparam("sha256"),
        DeviceCertificateRow.revoked_at.is_(None),
        AgentRow.enabled.is_(True),
    )
    .with_only_columns(
        DeviceCertificateRow.agent,
        DeviceCertificateRow.spki,
        DeviceCertificateRow.not_before,
        DeviceCertificateRow.not_after,
    )
)


class SqlAgentDevices:
    """Keeps who was invited and which device is which agent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invite(
        self, agent_id: str, name: str, code_sha256: bytes, *, operator: str, at: datetime
    ) -> AgentInvite:
        """Keep an invitation; an older one of this agent is void. A new agent is added.

        An agent that was shut out stays so until a device comes with the code.

        Raises:
            Malformed: not an identifier.
        """
        require_identifier(agent_id)
        invite = AgentInvite(code_sha256, agent_id, operator, at, at + INVITE_LIFE)
        with audited(self._database) as (session, trail):
            row = session.get(AgentRow, agent_id)
            if row is None:
                row = AgentRow(id=agent_id, created_at=at, token_sha256=_nobodys(), enabled=False)
                session.add(row)
            row.name = name
            session.flush()
            session.execute(
                delete(AgentInviteRow).where(
                    AgentInviteRow.agent == agent_id, AgentInviteRow.used_at.is_(None)
                )
            )
            session.add(
                AgentInviteRow(
                    code_sha256=code_sha256,
                    agent=agent_id,
                    invited_by=operator,
                    invited_at=at,
                    expires_at=invite.expires_at,
                )
            )
            trail.record(AuditEvent(at, operator, AuditAction.AGENT_INVITED, agent_id))
        return invite

    def open_invite(self, code_sha256: bytes, at: datetime) -> AgentInvite | None:
        """Return the invitation of a code that may still be used, or None."""
        with self._database.reading() as session:
            row = _open(session, code_sha256, at)
            return None if row is None else _invite(row)

    def redeem(self, code_sha256: bytes, device: DeviceCertificate, at: datetime) -> bool:
        """Spend an invitation and let its device in, in one transaction.

        Whatever signed in as this agent before does so no more: its certificates are revoked
        and its token is void.

        Returns:
            False where the code was spent, replaced or expired in between.
        """
        with audited(self._database) as (session, trail):
            row = _open(session, code_sha256, at, lock=True)
            if row is None or row.agent != device.agent:
                return False
            row.used_at = at
            agent = session.get_one(AgentRow, device.agent, with_for_update=True)
            agent.enabled, agent.token_sha256 = True, _nobodys()
            revoke_devices(session, device.agent, at)
            session.add(_certificate(device, at))
            facts: dict[str, str | int | bool | None] = {"certificate": device.sha256.hex()}
            event = AuditEvent(at, row.invited_by, AuditAction.AGENT_ENROLLED, device.agent, facts)
            trail.record(event)
        return True

    def renew(self, device: DeviceCertificate, at: datetime) -> None:
        """Keep an agent's next certificate; the one before ends by itself."""
        with audited(self._database) as (session, trail):
            session.add(_certificate(device, at))
            facts: dict[str, str | int | bool | None] = {"certificate": device.sha256.hex()}
            event = AuditEvent(at, device.agent, AuditAction.AGENT_RENEWED, device.agent, facts)
            trail.record(event)

    def device(self, certificate_sha256: bytes) -> DeviceCertificate | None:
        """Return a device that may sign in: known, not revoked, its agent not shut out."""
        rows = self._database.look_up(_DEVICE, sha256=certificate_sha256)
        if not rows:
            return None
        row = rows[0]
        return DeviceCertificate(
            certificate_sha256, row.agent, row.spki, row.not_before, row.not_after
        )

    def certificates(self, agent_id: str) -> Sequence[DeviceCertificate]:
        """Return an agent's certificates that are not revoked, the last to end first."""
        query = (
            select(DeviceCertificateRow)
            .where(
                DeviceCertificateRow.agent == agent_id, DeviceCertificateRow.revoked_at.is_(None)
            )
            .order_by(DeviceCertificateRow.not_after.desc())
        )
        with self._database.reading() as session:
            return [
                DeviceCertificate(row.sha256, row.agent, row.spki, row.not_before, row.not_after)
                for row in session.scalars(query)
            ]

    def authority(self, make: Callable[[], bytes]) -> bytes:
        """Return the device CA's own certificate in DER; of two that make it, one is kept."""
        with self._database.reading() as session:
            row = session.get(DeviceAuthorityRow, DEVICE_AUTHORITY_ID)
        if row is not None:
            return row.certificate
        made = make()
        with self._database.writing() as session:
            session.execute(
                upsert(session, DeviceAuthorityRow)
                .values(id=DEVICE_AUTHORITY_ID, certificate=made)
                .on_conflict_do_nothing()
            )
            return session.get_one(DeviceAuthorityRow, DEVICE_AUTHORITY_ID).certificate


def revoke_devices(session: Session, agent_id: str, at: datetime) -> None:
    """Revoke every certificate of an agent's devices, and void what would make another."""
    session.execute(
        delete(AgentInviteRow).where(
            AgentInviteRow.agent == agent_id, AgentInviteRow.used_at.is_(None)
        )
    )
    session.execute(
        update(DeviceCertificateRow)
        .where(DeviceCertificateRow.agent == agent_id, DeviceCertificateRow.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def _open(
    session: Session, code_sha256: bytes, at: datetime, *, lock: bool = False
) -> AgentInviteRow | None:
    row = session.get(AgentInviteRow, code_sha256, with_for_update=True if lock else None)
    return row if row is not None and row.used_at is None and at < row.expires_at else None


def _invite(row: AgentInviteRow) -> AgentInvite:
    return AgentInvite(row.code_sha256, row.agent, row.invited_by, row.invited_at, row.expires_at)


def _certificate(device: DeviceCertificate, at: datetime) -> DeviceCertificateRow:
    return DeviceCertificateRow(
        sha256=device.sha256,
        agent=device.agent,
        spki=device.spki_der,
        not_before=device.not_before,
        not_after=device.not_after,
        issued_at=at,
    )


def _nobodys() -> bytes:
    """Return the hash of a token that nobody has."""
    return sha256(secrets.token_bytes(32)).digest()
