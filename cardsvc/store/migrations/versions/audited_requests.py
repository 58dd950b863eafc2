"""Audit events are found by the request that they came of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_INDEX, _COLUMNS = "ix_audit_events_request_id_at_seq", ["request_id", "at", "seq"]


def upgrade() -> None:
    """Add the column; events that are there are never changed, and are not found by it."""
    op.add_column("audit_events", sa.Column("request_id", sa.String(), nullable=True))
    op.create_index(
        op.f(_INDEX),
        "audit_events",
        _COLUMNS,
        sqlite_where=sa.text("request_id IS NOT NULL"),
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_index(op.f(_INDEX), table_name="audit_events")
    op.drop_column("audit_events", "request_id")
