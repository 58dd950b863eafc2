"""The issuing desk: jobs about finished cards, their progress, agents' presence, PIN unblocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("state IN ('requested', 'approved')")


def upgrade() -> None:
    """Create the tables; jobs that are there already are personalisations."""
    with op.batch_alter_table("personalisation_jobs") as jobs:
        jobs.add_column(
            sa.Column("kind", sa.String(), nullable=False, server_default="personalise")
        )
        jobs.add_column(sa.Column("guid", sa.String(), nullable=True))
        jobs.create_foreign_key(
            op.f("fk_personalisation_jobs_guid_cards"), "cards", ["guid"], ["guid"]
        )
        jobs.create_check_constraint(
            op.f("ck_personalisation_jobs_about_one_card"),
            "(kind = 'personalise') = (guid IS NULL)",
        )
        jobs.create_index(op.f("ix_personalisation_jobs_guid"), ["guid"], unique=False)
    op.create_table(
        "desk_feed",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_desk_feed_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_feed")),
    )
    op.create_table(
        "job_progress",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["personalisation_jobs.id"],
            name=op.f("fk_job_progress_job_id_personalisation_jobs"),
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_progress")),
        sa.UniqueConstraint("change", name=op.f("uq_job_progress_change")),
    )
    op.create_table(
        "agent_presence",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("pcsc", sa.Boolean(), nullable=False),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.id"], name=op.f("fk_agent_presence_agent_agents")
        ),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_presence")),
    )
    op.create_table(
        "unblock_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by",
            name=op.f("ck_unblock_requests_two_persons"),
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_unblock_requests_decision_whole_or_absent"),
        ),
        sa.ForeignKeyConstraint(
            ["guid"], ["cards.guid"], name=op.f("fk_unblock_requests_guid_cards")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unblock_requests")),
    )
    op.create_index(op.f("ix_unblock_requests_guid"), "unblock_requests", ["guid"], unique=False)
    op.create_index(op.f("ix_unblock_requests_state"), "unblock_requests", ["state"], unique=False)
    op.create_index(
        "uq_unblock_requests_open",
        "unblock_requests",
        ["guid"],
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )


def downgrade() -> None:
    """Drop the tables; jobs about finished cards go with them."""
    op.drop_table("unblock_requests")
    op.drop_table("agent_presence")
    op.drop_table("job_progress")
    op.drop_table("desk_feed")
    op.execute("DELETE FROM personalisation_jobs WHERE kind <> 'personalise'")
    with op.batch_alter_table("personalisation_jobs") as jobs:
        jobs.drop_index(op.f("ix_personalisation_jobs_guid"))
        jobs.drop_constraint(op.f("ck_personalisation_jobs_about_one_card"), type_="check")
        jobs.drop_constraint(op.f("fk_personalisation_jobs_guid_cards"), type_="foreignkey")
        jobs.drop_column("guid")
        jobs.drop_column("kind")
