"""Lists of cards and applications find what is rare in them without reading all."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INDEXES = (
    ("cards", ("state", "guid")),
    ("cards", ("card_type", "guid")),
    ("cards", ("expires_at",)),
    ("applications", ("kind", "requested_at", "id")),
    ("applications", ("card_type", "requested_at", "id")),
    ("applications", ("requested_by", "requested_at", "id")),
)


def upgrade() -> None:
    """Create the indexes."""
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def downgrade() -> None:
    """Drop them."""
    for table, columns in reversed(_INDEXES):
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table_name=table)
