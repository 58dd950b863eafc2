"""Partners' feeds of events, told from the audit log from its first entry on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CURSOR = sa.table("event_cursor", sa.column("id"), sa.column("next_seq"))


def upgrade() -> None:
    """Create the tables; the log is looked at from its beginning."""
    op.create_table(
        "event_cursor",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_event_cursor_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_cursor")),
    )
    op.bulk_insert(_CURSOR, [{"id": 1, "next_seq": 0}])
    op.create_table(
        "partner_feeds",
        _partner(),
        sa.Column("newest", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_through", sa.BigInteger(), nullable=False),
        _to_partner("partner_feeds"),
        sa.PrimaryKeyConstraint("relying_party", name=op.f("pk_partner_feeds")),
    )
    op.create_table(
        "partner_events",
        _partner(),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        _to_partner("partner_events"),
        sa.PrimaryKeyConstraint("relying_party", "position", name=op.f("pk_partner_events")),
    )
    op.create_index(op.f("ix_partner_events_at"), "partner_events", ["at"])
    op.create_table(
        "partner_cards",
        sa.Column("guid", sa.String(), nullable=False),
        _partner(),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("pseudonym", sa.String(), nullable=True),
        _to_partner("partner_cards"),
        sa.PrimaryKeyConstraint("guid", "relying_party", name=op.f("pk_partner_cards")),
    )
    op.create_index(op.f("ix_partner_cards_relying_party"), "partner_cards", ["relying_party"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("partner_cards", "partner_events", "partner_feeds", "event_cursor"):
        op.drop_table(table)


def _partner() -> sa.Column[str]:
    return sa.Column("relying_party", sa.String(), nullable=False)


def _to_partner(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_relying_party_relying_parties")
    return sa.ForeignKeyConstraint(["relying_party"], ["relying_parties.id"], name=name)
