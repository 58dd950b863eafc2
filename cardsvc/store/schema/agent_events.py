"""Events that agents sent, where their chains stand, and what did not fit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.event_chain import ChainBreak
from cardsvc.store.columns import EnumText, UtcDateTime
from cardsvc.store.schema.base import Base


class AgentChainRow(Base):
    """A chain of events and its last one; ``head`` is that event's SHA-256."""

    __tablename__ = "agent_chains"

    chain: Mapped[str] = mapped_column(String, primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime())
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (CheckConstraint("seq >= 0", name="seq"), Index(None, "agent", "opened_at"))


class AgentEventRow(Base):
    """One event; ``octets`` is what was hashed, the other columns repeat it for searching."""

    __tablename__ = "agent_events"

    chain: Mapped[str] = mapped_column(ForeignKey("agent_chains.chain"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    kind: Mapped[str] = mapped_column(String)
    octets: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)

    # newest first: of everybody, of an agent, of a kind
    __table_args__ = (
        Index(None, "at", "chain", "seq"),
        Index(None, "agent", "at", "seq"),
        Index(None, "kind", "at", "seq"),
    )


class BundleEditionRow(Base):
    """The number of the last bundle of a relying party, and of which content it is.

    ``position`` is the size of the audit log that whoever made it had seen.
    """

    __tablename__ = "bundle_editions"

    relying_party: Mapped[str] = mapped_column(ForeignKey("relying_parties.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    position: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())


class AgentAlarmRow(Base):
    """A place where an agent's events did not go on as they should; raised once."""

    __tablename__ = "agent_alarms"

    agent: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    chain: Mapped[str] = mapped_column(String, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    how: Mapped[ChainBreak] = mapped_column(EnumText(ChainBreak), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
