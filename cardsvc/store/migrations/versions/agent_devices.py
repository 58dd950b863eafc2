"""Devices that become agents by invitation, with a key of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "device_authority",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_device_authority_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_authority")),
    )
    op.create_table(
        "agent_invites",
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _to_agent("agent_invites"),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_agent_invites")),
    )
    op.create_index(op.f("ix_agent_invites_agent"), "agent_invites", ["agent"])
    op.create_table(
        "device_certificates",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        _to_agent("device_certificates"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_device_certificates")),
    )
    op.create_index(op.f("ix_device_certificates_agent"), "device_certificates", ["agent"])
    op.add_column("agent_presence", sa.Column("health", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop the tables."""
    op.drop_column("agent_presence", "health")
    for table in ("device_certificates", "agent_invites", "device_authority"):
        op.drop_table(table)


def _to_agent(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_agent_agents")
    return sa.ForeignKeyConstraint(["agent"], ["agents.id"], name=name)
