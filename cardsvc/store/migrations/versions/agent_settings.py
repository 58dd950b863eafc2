"""What is set at agents from afar, version by version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_RULES = {
    "counted_from_one": "seq > 0",
    "restored_from_the_past": "restored_from < seq",
}


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "agent_settings",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_agent_settings_{name}"))
            for name, rule in _RULES.items()
        ),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.id"], name=op.f("fk_agent_settings_agent_agents")
        ),
        sa.PrimaryKeyConstraint("agent", "seq", name=op.f("pk_agent_settings")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("agent_settings")
