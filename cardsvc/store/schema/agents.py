"""How devices become agents: invitations, device certificates, the device CA's own; settings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.store.columns import UtcDateTime
from cardsvc.store.schema.base import Base

DEVICE_AUTHORITY_ID = 1


class DeviceAuthorityRow(Base):
    """The device CA's own certificate; its key is in the vault."""

    __tablename__ = "device_authority"
    __table_args__ = (CheckConstraint(f"id = {DEVICE_AUTHORITY_ID}", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)


class AgentInviteRow(Base):
    """A code by which one device may become an agent, once; SHA-256 of it is kept."""

    __tablename__ = "agent_invites"

    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    invited_by: Mapped[str] = mapped_column(String)
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class DeviceCertificateRow(Base):
    """A certificate of a device; by its SHA-256 the device is found when it signs in."""

    __tablename__ = "device_certificates"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    spki: Mapped[bytes] = mapped_column(LargeBinary)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime())
    not_after: Mapped[datetime] = mapped_column(UtcDateTime())
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class AgentSettingsRow(Base):
    """A version of what is set at an agent from afar; versions are added and never changed."""

    __tablename__ = "agent_settings"
    __table_args__ = (
        CheckConstraint("seq > 0", name="counted_from_one"),
        CheckConstraint("restored_from < seq", name="restored_from_the_past"),
    )

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String)
    made_by: Mapped[str] = mapped_column(String)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    restored_from: Mapped[int | None] = mapped_column(Integer)
