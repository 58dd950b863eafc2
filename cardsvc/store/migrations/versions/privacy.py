"""Personal data: requests of the people it is about, restrictions, erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "holder_erasures",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_holder_erasures_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_holder_erasures")),
    )
    op.create_table(
        "holder_restrictions",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_holder_restrictions_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_holder_restrictions")),
    )
    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'erasure' OR decided_by IS NULL OR reason <> '' OR decided_by <> received_by",
            name=op.f("ck_privacy_requests_two_persons_erase"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_privacy_requests_decision_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR decided_at IS NOT NULL",
            name=op.f("ck_privacy_requests_decided_then_closed"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_privacy_requests_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_requests")),
    )
    op.create_index(
        op.f("ix_privacy_requests_holder_id"), "privacy_requests", ["holder_id"], unique=False
    )
    op.create_index(op.f("ix_privacy_requests_state"), "privacy_requests", ["state"], unique=False)


def downgrade() -> None:
    """Drop the tables; who was erased stays erased."""
    for table in ("privacy_requests", "holder_restrictions", "holder_erasures"):
        op.drop_table(table)
