"""The workflow: kinds of application, notes, three people on a card, locks with a cause, losses."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NEW_APPLICATION_CHECKS = {
    "replacement_names_a_card": "(kind = 'new') = (replaces IS NULL)",
    "note_whole_or_absent": "(note_code IS NULL) = (note_at IS NULL)",
}
_NEW_CARD_CHECKS = {
    "personalised_by_a_third": "personalised_by NOT IN (requested_by, approved_by)",
    "handed_over_by_a_third": "handed_over_by NOT IN (requested_by, approved_by)",
    "cause_while_suspended": "suspension_cause IS NULL OR state = 'suspended'",
    "leave_alone_ends": "suspended_until IS NULL OR suspension_cause = 'leave'",
}
_APPLICATION_COLUMNS = (
    "kind",
    "replaces",
    "note_code",
    "note_by",
    "note_at",
    "note_fields",
    "note_sealed",
    "decision_id",
)
_CARD_COLUMNS = (
    "suspension_cause",
    "suspended_until",
    "requested_by",
    "approved_by",
    "personalised_by",
    "handed_over_by",
)
_UNTIL = sa.text("suspended_until IS NOT NULL")
_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Add columns and tables; applications that there are asked for new cards."""
    _fold_operators()
    _create_decisions()
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="new"))
        table.add_column(sa.Column("replaces", sa.String(), nullable=True))
        table.add_column(sa.Column("note_code", sa.String(), nullable=True))
        table.add_column(sa.Column("note_by", sa.String(), nullable=True))
        table.add_column(sa.Column("note_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("note_fields", sa.JSON(), nullable=True))
        table.add_column(sa.Column("note_sealed", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("decision_id", sa.String(), nullable=True))
        table.create_foreign_key(
            op.f("fk_applications_replaces_cards"), "cards", ["replaces"], ["guid"]
        )
        table.create_foreign_key(
            op.f("fk_applications_decision_id_approval_decisions"),
            "approval_decisions",
            ["decision_id"],
            ["id"],
        )
        for name, rule in _NEW_APPLICATION_CHECKS.items():
            table.create_check_constraint(op.f(f"ck_applications_{name}"), sa.text(rule))
    op.create_index(op.f("ix_applications_decision_id"), "applications", ["decision_id"])
    op.create_index(op.f("ix_applications_requested_at_id"), "applications", ["requested_at", "id"])
    op.create_index(
        op.f("ix_applications_state_requested_at_id"),
        "applications",
        ["state", "requested_at", "id"],
    )
    with op.batch_alter_table("cards") as table:
        table.add_column(sa.Column("suspension_cause", sa.String(), nullable=True))
        table.add_column(sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True))
        for column in _CARD_COLUMNS[2:]:
            table.add_column(sa.Column(column, sa.String(), nullable=True))
        for name, rule in _NEW_CARD_CHECKS.items():
            table.create_check_constraint(op.f(f"ck_cards_{name}"), sa.text(rule))
    op.create_index(
        "ix_cards_suspended_until",
        "cards",
        ["suspended_until"],
        sqlite_where=_UNTIL,
        postgresql_where=_UNTIL,
    )
    _name_people_on_cards()
    _create_losses()


def _create_decisions() -> None:
    op.create_table(
        "approval_decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("signer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_decisions")),
        sa.UniqueConstraint(
            "number", "decided_on", name=op.f("uq_approval_decisions_number_decided_on")
        ),
    )
    op.create_index(
        op.f("ix_approval_decisions_recorded_at_id"), "approval_decisions", ["recorded_at", "id"]
    )


def _fold_operators() -> None:
    """Write operators as they are compared from now on, so that the checks compare alike."""
    connection = op.get_bind()
    applications = sa.table(
        "applications", sa.column("requested_by", sa.String), sa.column("approved_by", sa.String)
    )
    for column in applications.c:
        for name in connection.scalars(sa.select(column).distinct()).all():
            folded = None if name is None else _folded(name)
            if folded != name:
                connection.execute(
                    sa.update(applications).where(column == name).values({column.key: folded})
                )


def _folded(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFC", decomposed).strip()


def _name_people_on_cards() -> None:
    connection = op.get_bind()
    connection.execute(
        sa.text(
            "UPDATE cards SET "
            "requested_by = (SELECT requested_by FROM applications "
            "WHERE applications.id = cards.application_id), "
            "approved_by = (SELECT approved_by FROM applications "
            "WHERE applications.id = cards.application_id)"
        )
    )
    connection.execute(
        sa.text("UPDATE cards SET suspension_cause = 'other' WHERE state = 'suspended'")
    )


def _create_losses() -> None:
    op.create_table(
        "loss_cases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (closed_by IS NULL)", name=op.f("ck_loss_cases_closed_by_somebody")
        ),
        sa.CheckConstraint(
            "(closed_by IS NULL) = (closed_at IS NULL)", name=op.f("ck_loss_cases_closing_whole")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_loss_cases_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_cases")),
    )
    op.create_index(op.f("ix_loss_cases_holder_id"), "loss_cases", ["holder_id"])
    op.create_index("ix_loss_cases_state_reported_at", "loss_cases", ["state", "reported_at", "id"])
    op.create_index(
        "uq_loss_cases_open",
        "loss_cases",
        ["holder_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "loss_case_cards",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("leave_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["loss_cases.id"], name=op.f("fk_loss_case_cards_case_id_loss_cases")
        ),
        sa.ForeignKeyConstraint(
            ["guid"], ["cards.guid"], name=op.f("fk_loss_case_cards_guid_cards")
        ),
        sa.PrimaryKeyConstraint("case_id", "guid", name=op.f("pk_loss_case_cards")),
    )
    op.create_table(
        "loss_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_reports")),
    )
    for columns in (["reported_at"], ["agent", "reported_at"], ["number_index", "reported_at"]):
        name = op.f("ix_loss_reports_" + "_".join(columns))
        op.create_index(name, "loss_reports", columns)


def downgrade() -> None:
    """Drop it all; notes, causes and cases of loss are lost."""
    op.drop_table("loss_reports")
    op.drop_table("loss_case_cards")
    op.drop_table("loss_cases")
    op.drop_index("ix_cards_suspended_until", table_name="cards")
    with op.batch_alter_table("cards") as table:
        for name in _NEW_CARD_CHECKS:
            table.drop_constraint(op.f(f"ck_cards_{name}"), type_="check")
        for column in _CARD_COLUMNS:
            table.drop_column(column)
    op.drop_index(op.f("ix_applications_state_requested_at_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_requested_at_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_decision_id"), table_name="applications")
    with op.batch_alter_table("applications") as table:
        for name in _NEW_APPLICATION_CHECKS:
            table.drop_constraint(op.f(f"ck_applications_{name}"), type_="check")
        table.drop_constraint(op.f("fk_applications_replaces_cards"), type_="foreignkey")
        table.drop_constraint(
            op.f("fk_applications_decision_id_approval_decisions"), type_="foreignkey"
        )
        for column in _APPLICATION_COLUMNS:
            table.drop_column(column)
    op.drop_table("approval_decisions")
