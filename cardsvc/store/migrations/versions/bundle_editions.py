"""Numbers of the bundles by which agents decide offline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "bundle_editions",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["relying_party"],
            ["relying_parties.id"],
            name=op.f("fk_bundle_editions_relying_party_relying_parties"),
        ),
        sa.PrimaryKeyConstraint("relying_party", name=op.f("pk_bundle_editions")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("bundle_editions")
