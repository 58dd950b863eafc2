"""Status lists: a random place for every card, counters of changes, published documents.

Cards that are there already get their places here.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LIST_SIZE = 1 << 20
_FILLED = _LIST_SIZE * 3 // 4
_AT_ONCE = 10_000

_LISTS = sa.table("status_lists", sa.column("number"), sa.column("size"))
_ENTRIES = sa.table("status_entries", sa.column("list_number"), sa.column("idx"), sa.column("guid"))
_CARDS = sa.table("cards", sa.column("guid"))


def upgrade() -> None:
    """Create the tables and give places to the cards that there are."""
    op.create_table(
        "status_lists",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_status_lists_not_empty")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_lists")),
    )
    op.create_table(
        "status_entries",
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guid"], ["cards.guid"], name=op.f("fk_status_entries_guid_cards")
        ),
        sa.ForeignKeyConstraint(
            ["list_number"],
            ["status_lists.number"],
            name=op.f("fk_status_entries_list_number_status_lists"),
        ),
        sa.PrimaryKeyConstraint("list_number", "idx", name=op.f("pk_status_entries")),
        sa.UniqueConstraint("guid", name=op.f("uq_status_entries_guid")),
    )
    op.create_table(
        "status_changes",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_status_changes")),
    )
    op.create_table(
        "published_documents",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_published_documents")),
    )
    op.create_index(
        "ix_certificate_ledger_revoked",
        "certificate_ledger",
        ["issuer_key_id", "not_after"],
        unique=False,
        sqlite_where=sa.text("revoked_at IS NOT NULL"),
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    _give_places()


def _give_places() -> None:
    connection = op.get_bind()
    guids = connection.execute(sa.select(_CARDS.c.guid).order_by(_CARDS.c.guid)).scalars().all()
    random = secrets.SystemRandom()
    for number, first in enumerate(range(0, len(guids), _FILLED), start=1):
        cards = guids[first : first + _FILLED]
        connection.execute(sa.insert(_LISTS), [{"number": number, "size": _LIST_SIZE}])
        rows = [
            {"list_number": number, "idx": index, "guid": guid}
            for guid, index in zip(cards, random.sample(range(_LIST_SIZE), len(cards)), strict=True)
        ]
        for start in range(0, len(rows), _AT_ONCE):
            connection.execute(sa.insert(_ENTRIES), rows[start : start + _AT_ONCE])


def downgrade() -> None:
    """Drop the tables; the cards' places are lost."""
    op.drop_index("ix_certificate_ledger_revoked", table_name="certificate_ledger")
    op.drop_table("published_documents")
    op.drop_table("status_changes")
    op.drop_table("status_entries")
    op.drop_table("status_lists")
