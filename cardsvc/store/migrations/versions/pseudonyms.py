"""Generations of partners' pseudonyms; cards found by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_INDEX = "ix_partner_cards_relying_party_pseudonym"


def upgrade() -> None:
    """Add the column; put a wider index in the place of that on the partner alone."""
    generation = sa.Column("pseudonym_generation", sa.Integer(), server_default="1", nullable=False)
    op.add_column("relying_parties", generation)
    op.drop_index(op.f("ix_partner_cards_relying_party"), "partner_cards")
    op.create_index(op.f(_INDEX), "partner_cards", ["relying_party", "pseudonym"])


def downgrade() -> None:
    """Drop the column; put the former index back."""
    op.drop_index(op.f(_INDEX), "partner_cards")
    op.create_index(op.f("ix_partner_cards_relying_party"), "partner_cards", ["relying_party"])
    op.drop_column("relying_parties", "pseudonym_generation")
