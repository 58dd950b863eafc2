"""Status lists of each realm: a sandbox's list is signed by the sandbox's key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; lists that are there stay production's."""
    column = sa.Column("realm", sa.String(), nullable=False, server_default="production")
    op.add_column("status_lists", column)


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("status_lists", "realm")
