"""The stock of card blanks: keepers, blanks, movements, counts, closed days.

Movements, counts and closed days are append-only, as the audit log is; nothing is booked on a day
that its keeper has closed, and a blank only moves on along its chain.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_APPEND_ONLY = (
    "stock_movements",
    "stock_counts",
    "stock_differences",
    "stock_days",
    "stock_day_lines",
)
_BACKWARDS = "NEW.moves <> OLD.moves + 1"
_CLOSED = (
    "EXISTS (SELECT 1 FROM stock_days AS closed WHERE "
    "(closed.keeper = NEW.to_keeper AND closed.day >= NEW.to_day) OR "
    "(closed.keeper = NEW.from_keeper AND closed.day >= NEW.from_day))"
)


def _create_ledger() -> None:
    op.create_table(
        "stock_keepers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_keepers")),
    )
    op.create_index(op.f("ix_stock_keepers_site"), "stock_keepers", ["site"], unique=False)
    op.create_table(
        "stock_movements",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("from_keeper", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("to_keeper", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("witness", sa.String(), nullable=True),
        sa.Column("card", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(ordinal = 1 AND kind = 'receive' AND previous IS NULL AND from_state "
            "IS NULL AND from_keeper IS NULL AND from_day IS NULL) OR (ordinal > 1 "
            "AND kind <> 'receive' AND previous IS NOT NULL AND previous = ordinal "
            "- 1 AND from_state IS NOT NULL AND from_keeper IS NOT NULL AND "
            "from_day IS NOT NULL)",
            name=op.f("ck_stock_movements_starts_outside_or_follows"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('destroy', 'lose', 'find') OR witness IS NOT NULL",
            name=op.f("ck_stock_movements_witnessed"),
        ),
        sa.CheckConstraint(
            "witness IS NULL OR witness <> operator", name=op.f("ck_stock_movements_two_persons")
        ),
        sa.ForeignKeyConstraint(
            ["from_keeper"],
            ["stock_keepers.id"],
            name=op.f("fk_stock_movements_from_keeper_stock_keepers"),
        ),
        sa.ForeignKeyConstraint(
            ["serial", "previous", "from_state", "from_keeper"],
            [
                "stock_movements.serial",
                "stock_movements.ordinal",
                "stock_movements.to_state",
                "stock_movements.to_keeper",
            ],
            name="fk_stock_movements_chain",
        ),
        sa.ForeignKeyConstraint(
            ["to_keeper"],
            ["stock_keepers.id"],
            name=op.f("fk_stock_movements_to_keeper_stock_keepers"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint(
            "serial", "ordinal", "to_state", "to_keeper", name="uq_stock_movements_end"
        ),
        sa.UniqueConstraint("serial", "ordinal", name=op.f("uq_stock_movements_serial_ordinal")),
    )
    op.create_index(op.f("ix_stock_movements_card"), "stock_movements", ["card"], unique=False)
    op.create_index(
        op.f("ix_stock_movements_document"), "stock_movements", ["document"], unique=False
    )
    op.create_index(
        "ix_stock_movements_from", "stock_movements", ["from_keeper", "from_day"], unique=False
    )
    op.create_index(
        "ix_stock_movements_to", "stock_movements", ["to_keeper", "to_day"], unique=False
    )
    op.create_table(
        "stock_blanks",
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('reserved', 'used')) = (card IS NOT NULL)",
            name=op.f("ck_stock_blanks_card_when_taken"),
        ),
        sa.ForeignKeyConstraint(["card"], ["cards.guid"], name=op.f("fk_stock_blanks_card_cards")),
        sa.ForeignKeyConstraint(
            ["keeper"], ["stock_keepers.id"], name=op.f("fk_stock_blanks_keeper_stock_keepers")
        ),
        sa.ForeignKeyConstraint(
            ["serial", "moves", "state", "keeper"],
            [
                "stock_movements.serial",
                "stock_movements.ordinal",
                "stock_movements.to_state",
                "stock_movements.to_keeper",
            ],
            name="fk_stock_blanks_last_movement",
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_stock_blanks")),
        sa.UniqueConstraint("card", name=op.f("uq_stock_blanks_card")),
    )
    op.create_index(op.f("ix_stock_blanks_box"), "stock_blanks", ["box"], unique=False)
    op.create_index(
        "ix_stock_blanks_keeper_state", "stock_blanks", ["keeper", "state", "serial"], unique=False
    )


def _create_days() -> None:
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("serials_sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["keeper"], ["stock_keepers.id"], name=op.f("fk_stock_counts_keeper_stock_keepers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_index(op.f("ix_stock_counts_keeper"), "stock_counts", ["keeper"], unique=False)
    op.create_table(
        "stock_differences",
        sa.Column("count_id", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"],
            ["stock_counts.id"],
            name=op.f("fk_stock_differences_count_id_stock_counts"),
        ),
        sa.PrimaryKeyConstraint("count_id", "serial", name=op.f("pk_stock_differences")),
    )
    op.create_table(
        "stock_days",
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("count_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_counts.id"], name=op.f("fk_stock_days_count_id_stock_counts")
        ),
        sa.ForeignKeyConstraint(
            ["keeper"], ["stock_keepers.id"], name=op.f("fk_stock_days_keeper_stock_keepers")
        ),
        sa.PrimaryKeyConstraint("keeper", "day", name=op.f("pk_stock_days")),
    )
    op.create_table(
        "stock_day_lines",
        sa.Column("keeper", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("opening", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("brought", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("spoiled", sa.Integer(), nullable=False),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("closing", sa.Integer(), nullable=False),
        sa.Column("spoiled_kept", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "opening + received + brought + found + restored - sent - used - "
            "spoiled - destroyed - returned - lost = closing",
            name=op.f("ck_stock_day_lines_balances"),
        ),
        sa.ForeignKeyConstraint(
            ["keeper", "day"],
            ["stock_days.keeper", "stock_days.day"],
            name="fk_stock_day_lines_day",
        ),
        sa.PrimaryKeyConstraint("keeper", "day", "product", name=op.f("pk_stock_day_lines")),
    )


def _refuse_changes_sqlite() -> None:
    for table in _APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
    op.execute(
        "CREATE TRIGGER stock_blanks_no_delete BEFORE DELETE ON stock_blanks "
        "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER stock_blanks_forward BEFORE UPDATE ON stock_blanks "
        f"WHEN {_BACKWARDS} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER stock_movements_open_day BEFORE INSERT ON stock_movements "
        f"WHEN {_CLOSED} BEGIN SELECT RAISE(ABORT, 'the day is closed'); END"
    )


def _refuse_changes_postgresql() -> None:
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cardsvc_append_only()"
        )
    op.execute(
        "CREATE TRIGGER stock_blanks_no_delete BEFORE DELETE OR TRUNCATE ON stock_blanks "
        "FOR EACH STATEMENT EXECUTE FUNCTION cardsvc_append_only()"
    )
    op.execute(
        "CREATE TRIGGER stock_blanks_forward BEFORE UPDATE ON stock_blanks "
        f"FOR EACH ROW WHEN ({_BACKWARDS}) EXECUTE FUNCTION cardsvc_append_only()"
    )
    op.execute(
        "CREATE FUNCTION cardsvc_stock_open_day() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {_CLOSED} THEN RAISE EXCEPTION 'the day is closed'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER stock_movements_open_day BEFORE INSERT ON stock_movements "
        "FOR EACH ROW EXECUTE FUNCTION cardsvc_stock_open_day()"
    )


def upgrade() -> None:
    """Create the tables and the guards that hold the books together."""
    _create_ledger()
    _create_days()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_sqlite()
    else:
        _refuse_changes_postgresql()


def downgrade() -> None:
    """Drop the tables; the books are lost."""
    for table in (
        "stock_day_lines",
        "stock_days",
        "stock_differences",
        "stock_counts",
        "stock_blanks",
        "stock_movements",
        "stock_keepers",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION cardsvc_stock_open_day()")
