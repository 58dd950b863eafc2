"""Agents' requests that have a name: answered once, as partners' are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TABLE = "agent_answered_requests"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        _TABLE,
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status IS NULL) = (answer_sealed IS NULL)",
            name=op.f(f"ck_{_TABLE}_answer_whole"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f(f"fk_{_TABLE}_agent_agents")),
        sa.PrimaryKeyConstraint("agent", "key_sha256", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_expires_at"), _TABLE, ["expires_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table(_TABLE)
