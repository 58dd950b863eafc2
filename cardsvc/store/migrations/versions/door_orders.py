"""Orders to open a door from afar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_RULES = {
    "decided_by_somebody": "(state = 'requested') = (decided_by IS NULL)",
    "decision_whole": "(decided_by IS NULL) = (decided_at IS NULL)",
    "two_persons": "state NOT IN ('approved', 'taken') OR decided_by <> requested_by",
}


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "door_orders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_door_orders_{name}"))
            for name, rule in _RULES.items()
        ),
        sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=op.f("fk_door_orders_agent_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_orders")),
    )
    for columns in (["agent", "state", "decided_at"], ["requested_at", "id"]):
        op.create_index(op.f(f"ix_door_orders_{'_'.join(columns)}"), "door_orders", columns)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("door_orders")
