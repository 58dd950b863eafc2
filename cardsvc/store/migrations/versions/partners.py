"""Partners with realm, scopes, limits, agreement, keys and tokens; the realm of cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SCOPES = "batch credential delegation events passes session status verify"
_REALM = {"realm": "production"}
_PARTY_TEXTS = {**_REALM, "contacts": "[]", "scopes": _SCOPES, "agreement": "{}"}
_PARTY_LIMITS = {"per_minute": "600", "per_day": "100000"}


def upgrade() -> None:
    """Add the columns and create the tables."""
    for table in ("cards", "applications"):
        _add_texts(table, _REALM)
    _add_texts("relying_parties", _PARTY_TEXTS)
    op.add_column("relying_parties", sa.Column("agency_code", sa.String(), nullable=True))
    for name, default in _PARTY_LIMITS.items():
        column = sa.Column(name, sa.Integer(), nullable=False, server_default=default)
        op.add_column("relying_parties", column)
    op.create_table(
        "partner_keys",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("thumbprint", sa.String(), nullable=False),
        sa.Column("jwk", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'jwk') = (jwk <> '')", name=op.f("ck_partner_keys_jwk_has_key")
        ),
        sa.CheckConstraint("not_before < not_after", name=op.f("ck_partner_keys_lives_a_while")),
        _of_party("partner_keys"),
        sa.PrimaryKeyConstraint("relying_party", "kid", name=op.f("pk_partner_keys")),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_partner_keys_thumbprint")),
    )
    op.create_table(
        "partner_tokens",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relying_party", "kid"],
            ["partner_keys.relying_party", "partner_keys.kid"],
            name=op.f("fk_partner_tokens_partner_keys"),
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_partner_tokens")),
    )
    op.create_table(
        "spent_assertions",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("jti_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _of_party("spent_assertions"),
        sa.PrimaryKeyConstraint("relying_party", "jti_sha256", name=op.f("pk_spent_assertions")),
    )
    op.create_table(
        "request_windows",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        _of_party("request_windows"),
        sa.PrimaryKeyConstraint(
            "relying_party", "kind", "starts_at", name=op.f("pk_request_windows")
        ),
    )
    op.create_table(
        "answered_requests",
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status IS NULL) = (answer_sealed IS NULL)",
            name=op.f("ck_answered_requests_answer_whole"),
        ),
        _of_party("answered_requests"),
        sa.PrimaryKeyConstraint("relying_party", "key_sha256", name=op.f("pk_answered_requests")),
    )
    for table in ("partner_tokens", "spent_assertions", "answered_requests"):
        op.create_index(op.f(f"ix_{table}_expires_at"), table, ["expires_at"])


def _add_texts(table: str, defaults: dict[str, str]) -> None:
    for name, default in defaults.items():
        column = sa.Column(name, sa.String(), nullable=False, server_default=default)
        op.add_column(table, column)


def _of_party(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_relying_party_relying_parties")
    return sa.ForeignKeyConstraint(["relying_party"], ["relying_parties.id"], name=name)


def downgrade() -> None:
    """Drop the tables and columns."""
    for table in (
        "answered_requests",
        "request_windows",
        "spent_assertions",
        "partner_tokens",
        "partner_keys",
    ):
        op.drop_table(table)
    for name in ("agency_code", *reversed(_PARTY_LIMITS), *reversed(_PARTY_TEXTS)):
        op.drop_column("relying_parties", name)
    for table in ("applications", "cards"):
        op.drop_column(table, "realm")
