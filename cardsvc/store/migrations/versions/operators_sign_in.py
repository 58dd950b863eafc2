"""Operators sign in: scope and unit, the second factor, sessions, attempts, forms used up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give the operators that there are an empty scope, no unit and no second factor."""
    with op.batch_alter_table("operators") as batch:
        batch.add_column(sa.Column("agencies", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("unit", sa.String(), nullable=False, server_default=""))
        batch.add_column(
            sa.Column(
                "must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
        batch.add_column(sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
        batch.add_column(
            sa.Column("totp_confirmed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.create_table(
        "operator_sessions",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_operator_sessions_operator_id_operators"),
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_operator_sessions")),
    )
    op.create_index(op.f("ix_operator_sessions_operator_id"), "operator_sessions", ["operator_id"])
    op.create_index(op.f("ix_operator_sessions_created_at"), "operator_sessions", ["created_at"])
    op.create_table(
        "operator_recovery_codes",
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_operator_recovery_codes_operator_id_operators"),
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "code_sha256", name=op.f("pk_operator_recovery_codes")
        ),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_last_at"), "sign_in_failures", ["last_at"])
    op.create_table(
        "form_submissions",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_form_submissions")),
    )
    op.create_index(op.f("ix_form_submissions_claimed_at"), "form_submissions", ["claimed_at"])


def downgrade() -> None:
    """Drop it all; operators keep their passwords."""
    for table in (
        "form_submissions",
        "sign_in_failures",
        "operator_recovery_codes",
        "operator_sessions",
    ):
        op.drop_table(table)
    with op.batch_alter_table("operators") as batch:
        for column in (
            "totp_last_step",
            "totp_confirmed",
            "totp_sealed",
            "must_change_password",
            "unit",
            "agencies",
        ):
            batch.drop_column(column)
