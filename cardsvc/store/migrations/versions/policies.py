"""Policies as documents with activations; what a decision's policy looked at; residences.

A policy of card types and a level becomes the document that says the same.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MIGRATED_AT = datetime(1970, 1, 1, tzinfo=UTC)
_OLD = sa.table(
    "service_policies",
    *(sa.column(name) for name in ("relying_party", "service", "version", "minimum_level")),
    sa.column("card_types", sa.JSON()),
)
_VERSIONS = sa.table(
    "policy_versions",
    *(sa.column(name) for name in ("relying_party", "service", "version", "document", "author")),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
_ACTIVATIONS = sa.table(
    "policy_activations",
    *(
        sa.column(name)
        for name in ("relying_party", "service", "seq", "version", "kind", "author", "activated_by")
    ),
    sa.column("active_from", sa.DateTime(timezone=True)),
    sa.column("activated_at", sa.DateTime(timezone=True)),
)
_INPUTS = {
    "card_type": sa.String,
    "category": sa.String,
    "agency_code": sa.String,
    "status_age_seconds": sa.Integer,
    "rule": sa.String,
    "purpose": sa.String,
    "released": sa.JSON,
    "consent": sa.String,
}


def upgrade() -> None:
    """Create the tables, carry the policies over, drop their old table."""
    op.create_table(
        "policy_versions",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rehearsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rehearsed_by", sa.String(), nullable=True),
        sa.Column("replayed", sa.Integer(), nullable=True),
        sa.Column("changed", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(rehearsed_at IS NULL) = (rehearsed_by IS NULL)"
            " AND (rehearsed_at IS NULL) = (replayed IS NULL)"
            " AND (rehearsed_at IS NULL) = (changed IS NULL)",
            name=op.f("ck_policy_versions_rehearsal_whole_or_absent"),
        ),
        sa.ForeignKeyConstraint(
            ["relying_party"],
            ["relying_parties.id"],
            name=op.f("fk_policy_versions_relying_party_relying_parties"),
        ),
        sa.PrimaryKeyConstraint(
            "relying_party", "service", "version", name=op.f("pk_policy_versions")
        ),
    )
    op.create_table(
        "policy_activations",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("activated_by", sa.String(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'two_persons' OR activated_by <> author",
            name=op.f("ck_policy_activations_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["relying_party", "service", "version"],
            [
                "policy_versions.relying_party",
                "policy_versions.service",
                "policy_versions.version",
            ],
            name=op.f("fk_policy_activations_policy_versions"),
        ),
        sa.PrimaryKeyConstraint(
            "relying_party", "service", "seq", name=op.f("pk_policy_activations")
        ),
    )
    op.create_table(
        "holder_residences",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("province_code", sa.String(), nullable=False),
        sa.Column("province_table", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_holder_residences_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_holder_residences")),
    )
    for name, kind in _INPUTS.items():
        op.add_column("decisions", sa.Column(name, kind(), nullable=True))
    _carry_over()
    op.drop_table("service_policies")


def _carry_over() -> None:
    connection = op.get_bind()
    newest = {}
    for row in connection.execute(sa.select(_OLD).order_by(_OLD.c.version)).all():
        key = {"relying_party": row.relying_party, "service": row.service, "version": row.version}
        document = _document(row.service, row.card_types, row.minimum_level)
        written = {"document": document, "author": "system", "created_at": _MIGRATED_AT}
        connection.execute(sa.insert(_VERSIONS), [key | written])
        newest[row.relying_party, row.service] = key
    for key in newest.values():
        act = {
            "seq": 1,
            "active_from": _MIGRATED_AT,
            "kind": "simple",
            "author": "system",
            "activated_by": "system",
            "activated_at": _MIGRATED_AT,
        }
        connection.execute(sa.insert(_ACTIVATIONS), [key | act])


def _document(service: str, card_types: list[str], minimum_level: int) -> str:
    """Return the document as it was written at this revision; the code may write another today."""
    name = json.dumps(service, ensure_ascii=False).replace("\x7f", "\\u007f")
    return "\n".join(
        (
            "format = 1",
            f"service = {name}",
            f"title = {{ vi = {name}, en = {name} }}",
            'purpose = { code = "card-check", vi = "Kiểm tra thẻ", en = "Check of a card" }',
            f'minimum_level = "X{minimum_level}"',
            'release = { attributes = ["name", "card"] }',
            "[[rules]]",
            'name = "accepted-cards"',
            'effect = "allow"',
            f"card_types = {json.dumps(sorted(card_types))}",
            "",
        )
    )


def downgrade() -> None:
    """Drop the tables; documents say more than the old table can hold, so policies are lost."""
    op.create_table(
        "service_policies",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("card_types", sa.JSON(), nullable=False),
        sa.Column("minimum_level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relying_party"],
            ["relying_parties.id"],
            name=op.f("fk_service_policies_relying_party_relying_parties"),
        ),
        sa.PrimaryKeyConstraint(
            "relying_party", "service", "version", name=op.f("pk_service_policies")
        ),
    )
    for name in reversed(_INPUTS):
        op.drop_column("decisions", name)
    op.drop_table("holder_residences")
    op.drop_table("policy_activations")
    op.drop_table("policy_versions")
