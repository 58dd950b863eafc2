"""Attendance: taps out of agents' events, and corrections of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "attendance_taps",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_attendance_taps")),
    )
    op.create_index(op.f("ix_attendance_taps_guid_at"), "attendance_taps", ["guid", "at"])
    op.create_table(
        "attendance_corrections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("absence", sa.String(), nullable=True),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_attendance_corrections_{name}"))
            for name, rule in _RULES.items()
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_attendance_corrections_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_corrections")),
    )
    for columns in (["holder_id", "first_day"], ["state", "requested_at", "id"]):
        name = op.f(f"ix_attendance_corrections_{'_'.join(columns)}")
        op.create_index(name, "attendance_corrections", columns)


_RULES = {
    "absence_has_a_kind": "(absence IS NULL) = (kind <> 'absence')",
    "tap_has_an_instant": "(at IS NULL) = (kind = 'absence')",
    "days_in_order": "first_day <= last_day",
    "decided_by_somebody": "(state = 'requested') = (decided_by IS NULL)",
    "decision_whole": "(decided_by IS NULL) = (decided_at IS NULL)",
    "two_persons": "state <> 'approved' OR decided_by <> requested_by",
}


def downgrade() -> None:
    """Drop the tables."""
    for table in ("attendance_corrections", "attendance_taps"):
        op.drop_table(table)
