"""The issuing desk as a screen sees it: how jobs stand, which agents are there; PIN unblocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobStage
from cardsvc.errors import ReasonCode
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.store.schema.cards import PersonalisationJobRow
from cardsvc.unblock_records import UnblockState

DESK_FEED_ID = 1
_IS_OPEN = text("state IN ('requested', 'approved')")


class DeskFeedRow(Base):
    """The number of the last change of any job; its lock keeps numbers in order of commit."""

    __tablename__ = "desk_feed"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)


class JobProgressRow(Base):
    """How a job stands now; ``change`` is the number of that change among all jobs'."""

    __tablename__ = "job_progress"

    job_id: Mapped[str] = mapped_column(ForeignKey("personalisation_jobs.id"), primary_key=True)
    stage: Mapped[JobStage] = mapped_column(EnumText(JobStage))
    reason: Mapped[ReasonCode | None] = mapped_column(EnumText(ReasonCode))
    change: Mapped[int] = mapped_column(BigInteger, unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())

    job: Mapped[PersonalisationJobRow] = relationship(lazy="joined", innerjoin=True)


class AgentPresenceRow(Base):
    """What an agent last told of itself and its readers."""

    __tablename__ = "agent_presence"

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    version: Mapped[str] = mapped_column(String)
    pcsc: Mapped[bool] = mapped_column(Boolean)
    readers: Mapped[list[list[str]]] = mapped_column(JSON)
    health: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime())


class UnblockRequestRow(Base):
    """One unblocking of a card's PIN, asked for by one person and approved by another."""

    __tablename__ = "unblock_requests"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    guid: Mapped[CardGuid] = mapped_column(GuidText(), ForeignKey("cards.guid"), index=True)
    state: Mapped[UnblockState] = mapped_column(EnumText(UnblockState), index=True)
    requested_by: Mapped[str] = mapped_column(String)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        # the rule of two persons, also where somebody writes past the code
        CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", name="two_persons"),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)", name="decision_whole_or_absent"
        ),
        Index(
            "uq_unblock_requests_open",
            "guid",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )
