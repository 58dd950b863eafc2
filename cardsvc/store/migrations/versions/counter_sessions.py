"""Sessions at counters and their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "counter_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("consent", sa.String(), nullable=True),
        sa.Column("receipt_sha256", sa.String(), nullable=True),
        sa.Column("question_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(level IS NULL) = (guid IS NULL)", name=op.f("ck_counter_sessions_level_of_a_card")
        ),
        sa.CheckConstraint(
            "(steps = 0) = (receipt_sha256 IS NULL)",
            name=op.f("ck_counter_sessions_receipt_of_a_step"),
        ),
        sa.ForeignKeyConstraint(
            ["relying_party"],
            ["relying_parties.id"],
            name=op.f("fk_counter_sessions_relying_party_relying_parties"),
        ),
        sa.ForeignKeyConstraint(
            ["guid"], ["cards.guid"], name=op.f("fk_counter_sessions_guid_cards")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_sessions")),
    )
    op.create_index(op.f("ix_counter_sessions_expires_at"), "counter_sessions", ["expires_at"])
    op.create_table(
        "counter_steps",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["counter_sessions.id"],
            name=op.f("fk_counter_steps_session_id_counter_sessions"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_counter_steps_decision_id_decisions")
        ),
        sa.PrimaryKeyConstraint("session_id", "step", name=op.f("pk_counter_steps")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_counter_steps_decision_id")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("counter_steps", "counter_sessions"):
        op.drop_table(table)
