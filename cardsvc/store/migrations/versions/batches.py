"""Batches: plans for many cards, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_PLANNED = sa.text("state = 'planned'")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "batches",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("post", sa.JSON(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_by", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)",
            name=op.f("ck_batches_finished_at_some_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_planned_at_id"), "batches", ["planned_at", "id"])
    op.create_table(
        "batch_steps",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("holder_version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("exclusion", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("application_id", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(action = 'nothing') = (exclusion IS NOT NULL)",
            name=op.f("ck_batch_steps_nothing_for_cause"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_batch_steps_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(["guid"], ["cards.guid"], name=op.f("fk_batch_steps_guid_cards")),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_batch_steps_holder_id_holders")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_batch_steps_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "guid", name=op.f("pk_batch_steps")),
    )
    op.create_index(
        "ix_batch_steps_planned",
        "batch_steps",
        ["batch_id", "guid"],
        sqlite_where=_PLANNED,
        postgresql_where=_PLANNED,
    )


def downgrade() -> None:
    """Drop the tables; the cards stay as the batches left them."""
    op.drop_table("batch_steps")
    op.drop_table("batches")
