"""Regular work and its lease, counted figures, and the audit log's indexes for searching."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SEARCHED = (
    ["at", "seq"],
    ["actor", "at", "seq"],
    ["action", "at", "seq"],
    ["subject", "at", "seq"],
)


def upgrade() -> None:
    """Create the tables; put wider indexes in the place of those on one column."""
    op.create_table(
        "housekeeping_lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_housekeeping_lease_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_housekeeping_lease")),
    )
    op.create_table(
        "housekeeping_steps",
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_housekeeping_steps")),
    )
    op.create_table(
        "counted_figures",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counted_figures")),
    )
    for column in ("at", "subject"):
        op.drop_index(op.f(f"ix_audit_events_{column}"), "audit_events")
    for columns in _SEARCHED:
        op.create_index(op.f(f"ix_audit_events_{'_'.join(columns)}"), "audit_events", columns)


def downgrade() -> None:
    """Drop the tables; put the former indexes back."""
    for columns in _SEARCHED:
        op.drop_index(op.f(f"ix_audit_events_{'_'.join(columns)}"), "audit_events")
    for column in ("at", "subject"):
        op.create_index(op.f(f"ix_audit_events_{column}"), "audit_events", [column])
    for table in ("counted_figures", "housekeeping_steps", "housekeeping_lease"):
        op.drop_table(table)
