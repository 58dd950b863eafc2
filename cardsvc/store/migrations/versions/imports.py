"""Imports of lists of people, and their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "imports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("card_type", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("confirmed", sa.String(), nullable=False),
        sa.Column("notices", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("forgotten_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_imports_fingerprint")),
    )
    op.create_index(op.f("ix_imports_started_at"), "imports", ["started_at"])
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_sealed", sa.LargeBinary()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String()),
        sa.Column("holder_id", sa.String()),
        sa.Column("codes", sa.String(), nullable=False),
        sa.Column("assigned_to", sa.String(), nullable=False),
        sa.Column("skip_reason", sa.String()),
        sa.Column("photo", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'applied') = (holder_id IS NOT NULL)",
            name=op.f("ck_import_rows_applied_to_a_holder"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (holder_id IS NULL)",
            name=op.f("ck_import_rows_outcome_of_a_holder"),
        ),
        sa.CheckConstraint(
            "(state = 'skipped') = (skip_reason IS NOT NULL)",
            name=op.f("ck_import_rows_skipped_for_why"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_import_rows_holder_id_holders")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_rows_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_rows")),
    )
    op.create_index(op.f("ix_import_rows_holder_id"), "import_rows", ["holder_id"])
    op.create_index(
        op.f("ix_import_rows_import_id_state_number"),
        "import_rows",
        ["import_id", "state", "number"],
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("import_rows")
    op.drop_table("imports")
