"""Events of reader agents, where their chains stand, and alarms about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SEARCHED = (["at", "chain", "seq"], ["agent", "at", "seq"], ["kind", "at", "seq"])


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "agent_chains",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_agent_chains_seq")),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.id"], name=op.f("fk_agent_chains_agent_agents")
        ),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_agent_chains")),
    )
    op.create_index(op.f("ix_agent_chains_agent_opened_at"), "agent_chains", ["agent", "opened_at"])
    op.create_table(
        "agent_events",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain"], ["agent_chains.chain"], name=op.f("fk_agent_events_chain_agent_chains")
        ),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_agent_events")),
    )
    for columns in _SEARCHED:
        op.create_index(op.f(f"ix_agent_events_{'_'.join(columns)}"), "agent_events", columns)
    op.create_table(
        "agent_alarms",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.id"], name=op.f("fk_agent_alarms_agent_agents")
        ),
        sa.PrimaryKeyConstraint("agent", "chain", "seq", "how", name=op.f("pk_agent_alarms")),
    )
    op.create_index(op.f("ix_agent_alarms_at"), "agent_alarms", ["at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("agent_alarms", "agent_events", "agent_chains"):
        op.drop_table(table)
