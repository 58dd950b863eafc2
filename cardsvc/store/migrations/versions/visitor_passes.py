"""Visitor passes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "visitor_passes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "used >= 0 AND used <= entries", name=op.f("ck_visitor_passes_used_within_entries")
        ),
        sa.ForeignKeyConstraint(
            ["relying_party"],
            ["relying_parties.id"],
            name=op.f("fk_visitor_passes_relying_party_relying_parties"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_passes")),
    )
    op.create_index(op.f("ix_visitor_passes_expires_at"), "visitor_passes", ["expires_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("visitor_passes")
