"""Spent nonces in place of open challenges, which are sealed now and kept by nobody.

Challenges that are open while this runs are not known afterwards: those taps are tried again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new table and drop the old."""
    op.create_table(
        "spent_nonces",
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nonce_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("expires_at", "nonce_sha256", name=op.f("pk_spent_nonces")),
        sqlite_with_rowid=False,
    )
    op.drop_index(op.f("ix_challenges_expires_at"), table_name="challenges")
    op.drop_table("challenges")


def downgrade() -> None:
    """Make the old table again and drop the new."""
    op.create_table(
        "challenges",
        sa.Column("nonce_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_sha256", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_expires_at"), "challenges", ["expires_at"], unique=False)
    op.drop_table("spent_nonces")
