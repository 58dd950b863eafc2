"""Agencies with their history, holders' photos, and cards found by state, type and holder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; change the indexes of cards."""
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("approver_outside_unit", sa.Boolean(), nullable=True),
        sa.Column("emblem", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agencies")),
    )
    op.create_table(
        "agency_versions",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("fate", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(valid_to IS NULL) = (fate IS NULL)",
            name=op.f("ck_agency_versions_ended_by_something"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from <= valid_to",
            name=op.f("ck_agency_versions_days_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["code"], ["agencies.code"], name=op.f("fk_agency_versions_code_agencies")
        ),
        sa.ForeignKeyConstraint(
            ["parent"], ["agencies.code"], name=op.f("fk_agency_versions_parent_agencies")
        ),
        sa.PrimaryKeyConstraint("code", "ordinal", name=op.f("pk_agency_versions")),
    )
    op.create_table(
        "agency_successors",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("successor", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "ordinal"],
            ["agency_versions.code", "agency_versions.ordinal"],
            name=op.f("fk_agency_successors_code_ordinal_agency_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["successor"], ["agencies.code"], name=op.f("fk_agency_successors_successor_agencies")
        ),
        sa.PrimaryKeyConstraint("code", "ordinal", "successor", name=op.f("pk_agency_successors")),
    )
    op.create_table(
        "holder_photos",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("print_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("chip_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source_index", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"],
            ["holders.id"],
            name=op.f("fk_holder_photos_holder_id_holders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("holder_id", "number", name=op.f("pk_holder_photos")),
    )
    op.drop_index(op.f("ix_cards_holder_id"), table_name="cards")
    op.drop_index(op.f("ix_cards_state"), table_name="cards")
    op.create_index(
        op.f("ix_cards_holder_id_state_card_type"), "cards", ["holder_id", "state", "card_type"]
    )
    op.create_index(
        op.f("ix_cards_state_card_type_holder_id"), "cards", ["state", "card_type", "holder_id"]
    )


def downgrade() -> None:
    """Drop the tables; agencies and photos are lost."""
    op.drop_index(op.f("ix_cards_state_card_type_holder_id"), table_name="cards")
    op.drop_index(op.f("ix_cards_holder_id_state_card_type"), table_name="cards")
    op.create_index(op.f("ix_cards_state"), "cards", ["state"])
    op.create_index(op.f("ix_cards_holder_id"), "cards", ["holder_id"])
    for table in ("holder_photos", "agency_successors", "agency_versions", "agencies"):
        op.drop_table(table)
