"""Witnesses of the audit log, and the checkpoints that they cosigned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "witnesses",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_witnesses")),
    )
    op.create_table(
        "cosignatures",
        sa.Column("witness", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["witness"], ["witnesses.name"], name=op.f("fk_cosignatures_witness_witnesses")
        ),
        sa.PrimaryKeyConstraint("witness", "size", name=op.f("pk_cosignatures")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("cosignatures")
    op.drop_table("witnesses")
