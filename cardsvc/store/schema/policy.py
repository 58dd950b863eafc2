"""Versions of policies, and the acts that put them in force. Rows are added, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.policy_records import ActivationKind
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class PolicyVersionRow(Base):
    """A version of a service's policy; only its rehearsal is written later."""

    __tablename__ = "policy_versions"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(String)
    author: Mapped[str] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    rehearsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    rehearsed_by: Mapped[str | None] = mapped_column(String)
    replayed: Mapped[int | None] = mapped_column(Integer)
    changed: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (
        CheckConstraint(
            "(rehearsed_at IS NULL) = (rehearsed_by IS NULL)"
            " AND (rehearsed_at IS NULL) = (replayed IS NULL)"
            " AND (rehearsed_at IS NULL) = (changed IS NULL)",
            name="rehearsal_whole_or_absent",
        ),
    )


class PolicyActivationRow(Base):
    """A version is put in force; of those whose day has come the highest ``seq`` counts."""

    __tablename__ = "policy_activations"

    relying_party: Mapped[str] = mapped_column(String, primary_key=True)
    service: Mapped[str] = mapped_column(String, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    active_from: Mapped[datetime] = mapped_column(UtcDateTime())
    kind: Mapped[ActivationKind] = mapped_column(EnumText(ActivationKind))
    author: Mapped[str] = mapped_column(String)
    activated_by: Mapped[str] = mapped_column(String)
    activated_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["relying_party", "service", "version"],
            [
                "policy_versions.relying_party",
                "policy_versions.service",
                "policy_versions.version",
            ],
            # the name by the rule would be longer than PostgreSQL's 63 characters
            name="fk_policy_activations_policy_versions",
        ),
        # the rule of two persons, also where somebody writes past the code
        CheckConstraint("kind <> 'two_persons' OR activated_by <> author", name="two_persons"),
    )


class HolderResidenceRow(Base):
    """The province where a holder lives, as an officer recorded it, with its code's table."""

    __tablename__ = "holder_residences"

    holder_id: Mapped[str] = mapped_column(ForeignKey("holders.id"), primary_key=True)
    province_code: Mapped[str] = mapped_column(String)
    province_table: Mapped[str] = mapped_column(String)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
