"""The stock of card blanks: an append-only chain of movements, and what it makes of each blank.

The database itself holds the books together: a blank's present state is the end of its chain of
movements (a foreign key), each movement starts where the one before ended (another), a closed
day balances (a check), and neither movements nor days are ever changed (triggers).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.stock_records import BlankState, DifferenceKind, MovementKind
from cardsvc.store.columns import EnumText, GuidText, UtcDateTime
from cardsvc.store.schema.base import Base


class StockKeeperRow(Base):
    """Who keeps blanks."""

    __tablename__ = "stock_keepers"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    site: Mapped[str] = mapped_column(String, index=True)


class StockBlankRow(Base):
    """A blank as its last movement left it."""

    __tablename__ = "stock_blanks"

    serial: Mapped[str] = mapped_column(String, primary_key=True)
    product: Mapped[str] = mapped_column(String)
    box: Mapped[str] = mapped_column(String, index=True)
    keeper: Mapped[str] = mapped_column(ForeignKey("stock_keepers.id"))
    state: Mapped[BlankState] = mapped_column(EnumText(BlankState))
    moves: Mapped[int] = mapped_column(Integer)
    card: Mapped[CardGuid | None] = mapped_column(GuidText(), ForeignKey("cards.guid"), unique=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["serial", "moves", "state", "keeper"],
            [
                "stock_movements.serial",
                "stock_movements.ordinal",
                "stock_movements.to_state",
                "stock_movements.to_keeper",
            ],
            name="fk_stock_blanks_last_movement",
        ),
        CheckConstraint(
            "(state IN ('reserved', 'used')) = (card IS NOT NULL)", name="card_when_taken"
        ),
        Index("ix_stock_blanks_keeper_state", "keeper", "state", "serial"),
    )


class StockMovementRow(Base):
    """One movement of one blank; ``previous`` is the ordinal that it follows."""

    __tablename__ = "stock_movements"

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    serial: Mapped[str] = mapped_column(String)
    ordinal: Mapped[int] = mapped_column(Integer)
    previous: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[MovementKind] = mapped_column(EnumText(MovementKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    from_day: Mapped[date | None] = mapped_column(Date)
    to_day: Mapped[date] = mapped_column(Date)
    operator: Mapped[str] = mapped_column(String)
    from_state: Mapped[BlankState | None] = mapped_column(EnumText(BlankState))
    from_keeper: Mapped[str | None] = mapped_column(ForeignKey("stock_keepers.id"))
    to_state: Mapped[BlankState] = mapped_column(EnumText(BlankState))
    to_keeper: Mapped[str] = mapped_column(ForeignKey("stock_keepers.id"))
    document: Mapped[str] = mapped_column(String, index=True)
    reference: Mapped[str] = mapped_column(String)
    reason: Mapped[str] = mapped_column(String)
    witness: Mapped[str | None] = mapped_column(String)
    card: Mapped[CardGuid | None] = mapped_column(GuidText(), index=True)

    __table_args__ = (
        UniqueConstraint(
            "serial", "ordinal", "to_state", "to_keeper", name="uq_stock_movements_end"
        ),
        UniqueConstraint("serial", "ordinal"),
        ForeignKeyConstraint(
            ["serial", "previous", "from_state", "from_keeper"],
            [
                "stock_movements.serial",
                "stock_movements.ordinal",
                "stock_movements.to_state",
                "stock_movements.to_keeper",
            ],
            name="fk_stock_movements_chain",
        ),
        CheckConstraint(
            "(ordinal = 1 AND kind = 'receive' AND previous IS NULL AND from_state IS NULL "
            "AND from_keeper IS NULL AND from_day IS NULL) OR "
            "(ordinal > 1 AND kind <> 'receive' AND previous IS NOT NULL "
            "AND previous = ordinal - 1 AND from_state IS NOT NULL "
            "AND from_keeper IS NOT NULL AND from_day IS NOT NULL)",
            name="starts_outside_or_follows",
        ),
        CheckConstraint(
            "kind NOT IN ('destroy', 'lose', 'find') OR witness IS NOT NULL", name="witnessed"
        ),
        CheckConstraint("witness IS NULL OR witness <> operator", name="two_persons"),
        Index("ix_stock_movements_from", "from_keeper", "from_day"),
        Index("ix_stock_movements_to", "to_keeper", "to_day"),
    )


class StockCountRow(Base):
    """A physical count of what lay with a keeper."""

    __tablename__ = "stock_counts"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    keeper: Mapped[str] = mapped_column(ForeignKey("stock_keepers.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    operator: Mapped[str] = mapped_column(String)
    counted: Mapped[int] = mapped_column(Integer)
    serials_sha256: Mapped[bytes] = mapped_column(LargeBinary)


class StockDifferenceRow(Base):
    """A serial over which count and books differed."""

    __tablename__ = "stock_differences"

    count_id: Mapped[str] = mapped_column(ForeignKey("stock_counts.id"), primary_key=True)
    serial: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[DifferenceKind] = mapped_column(EnumText(DifferenceKind))


class StockDayRow(Base):
    """A keeper's closed day."""

    __tablename__ = "stock_days"

    keeper: Mapped[str] = mapped_column(ForeignKey("stock_keepers.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    operator: Mapped[str] = mapped_column(String)
    count_id: Mapped[str] = mapped_column(ForeignKey("stock_counts.id"))


class StockDayLineRow(Base):
    """A closed day's balance of one product."""

    __tablename__ = "stock_day_lines"

    keeper: Mapped[str] = mapped_column(String, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    product: Mapped[str] = mapped_column(String, primary_key=True)
    opening: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer)
    brought: Mapped[int] = mapped_column(Integer)
    found: Mapped[int] = mapped_column(Integer)
    restored: Mapped[int] = mapped_column(Integer)
    sent: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)
    spoiled: Mapped[int] = mapped_column(Integer)
    destroyed: Mapped[int] = mapped_column(Integer)
    returned: Mapped[int] = mapped_column(Integer)
    lost: Mapped[int] = mapped_column(Integer)
    closing: Mapped[int] = mapped_column(Integer)
    spoiled_kept: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        ForeignKeyConstraint(
            ["keeper", "day"],
            ["stock_days.keeper", "stock_days.day"],
            name="fk_stock_day_lines_day",
        ),
        CheckConstraint(
            "opening + received + brought + found + restored - sent - used - spoiled "
            "- destroyed - returned - lost = closing",
            name="balances",
        ),
    )
