"""The walk along the staff order sees units, too; kinds of staff have an index of their own."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BEFORE = ["sort_key", "id", "search_key", "exact_key", "agency_code", "category"]


def upgrade() -> None:
    """Widen one index, create another."""
    op.drop_index("ix_holders_staff_order", table_name="holders")
    op.create_index("ix_holders_staff_order", "holders", [*_BEFORE, "unit_name"])
    op.create_index(
        op.f("ix_holders_category_sort_key_id"), "holders", ["category", "sort_key", "id"]
    )


def downgrade() -> None:
    """Go back to the narrower index."""
    op.drop_index(op.f("ix_holders_category_sort_key_id"), table_name="holders")
    op.drop_index("ix_holders_staff_order", table_name="holders")
    op.create_index("ix_holders_staff_order", "holders", _BEFORE)
