"""Taps for attendance are found by their age, to be forgotten in time."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index(op.f("ix_attendance_taps_at"), "attendance_taps", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_attendance_taps_at"), table_name="attendance_taps")
