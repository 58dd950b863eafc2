"""The first schema.

The audit tables are append-only for whoever has no right to drop triggers; whoever has it is
found out by the Merkle log.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("audit_events", "tree_heads")


def _refuse_changes_sqlite(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )


def _refuse_changes_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION cardsvc_append_only()"
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            _refuse_changes_sqlite(table)
        return
    op.execute(
        "CREATE FUNCTION cardsvc_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    for table in _APPEND_ONLY:
        _refuse_changes_postgresql(table)


def upgrade() -> None:
    """Create every table, the log's empty head and the guards of the log."""
    op.create_table(
        "agents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_agents_token_sha256")),
    )
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], unique=False)
    op.create_index(op.f("ix_audit_events_subject"), "audit_events", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "certificate_ledger",
        sa.Column("issuer_key_id", sa.LargeBinary(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("spki_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("draft_der", sa.LargeBinary(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(certificate_der IS NULL) = (signed_at IS NULL)",
            name=op.f("ck_certificate_ledger_signing_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "(revocation_reason IS NULL) = (revoked_at IS NULL)",
            name=op.f("ck_certificate_ledger_revocation_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "signed_at IS NULL OR redeemed_at IS NOT NULL",
            name=op.f("ck_certificate_ledger_redeemed_before_signed"),
        ),
        sa.PrimaryKeyConstraint("issuer_key_id", "serial", name=op.f("pk_certificate_ledger")),
        sa.UniqueConstraint("spki_sha256", name=op.f("uq_certificate_ledger_spki_sha256")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_certificate_ledger_token_sha256")),
    )
    op.create_index(
        op.f("ix_certificate_ledger_guid"), "certificate_ledger", ["guid"], unique=False
    )
    op.create_index(
        op.f("ix_certificate_ledger_profile"), "certificate_ledger", ["profile"], unique=False
    )
    op.create_table(
        "challenges",
        sa.Column("nonce_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce_sha256", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_expires_at"), "challenges", ["expires_at"], unique=False)
    op.create_table(
        "crl_numbers",
        sa.Column("issuer_key_id", sa.LargeBinary(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer_key_id", name=op.f("pk_crl_numbers")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("relying_party", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("receipt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], unique=False)
    op.create_index(op.f("ix_decisions_guid"), "decisions", ["guid"], unique=False)
    op.create_table(
        "holders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search_key", sa.String(), nullable=False),
        sa.Column("personal_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("personal_number_index", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("agency_code", sa.String(), nullable=True),
        sa.Column("agency_name", sa.String(), nullable=True),
        sa.Column("unit_name", sa.String(), nullable=True),
        sa.Column("position", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("enterprise_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("enterprise_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("enterprise_name", sa.String(), nullable=True),
        sa.Column("delegation_scope", sa.String(), nullable=True),
        sa.Column("delegation_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(agency_code IS NULL) = (category IS NULL)",
            name=op.f("ck_holders_employment_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "(enterprise_number_sealed IS NULL) = (delegation_until IS NULL)",
            name=op.f("ck_holders_delegation_whole_or_absent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holders")),
    )
    op.create_index(op.f("ix_holders_agency_code"), "holders", ["agency_code"], unique=False)
    op.create_index(
        op.f("ix_holders_enterprise_number_index"),
        "holders",
        ["enterprise_number_index"],
        unique=False,
    )
    op.create_index(
        op.f("ix_holders_personal_number_index"), "holders", ["personal_number_index"], unique=False
    )
    op.create_index(op.f("ix_holders_search_key"), "holders", ["search_key"], unique=False)
    op.create_table(
        "operators",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
    )
    op.create_table(
        "relying_parties",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relying_parties")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_relying_parties_token_sha256")),
    )
    op.create_table(
        "tree_heads",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("root_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("size", "at", name=op.f("pk_tree_heads")),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("card_type", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_applications_approval_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> requested_by",
            name=op.f("ck_applications_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_applications_holder_id_holders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
    )
    op.create_index(op.f("ix_applications_holder_id"), "applications", ["holder_id"], unique=False)
    op.create_index(op.f("ix_applications_state"), "applications", ["state"], unique=False)
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
    op.create_table(
        "cards",
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("card_type", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_cards_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holders.id"], name=op.f("fk_cards_holder_id_holders")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["cards.guid"], name=op.f("fk_cards_replaced_by_cards")
        ),
        sa.PrimaryKeyConstraint("guid", name=op.f("pk_cards")),
        sa.UniqueConstraint(
            "application_id", "ordinal", name=op.f("uq_cards_application_id_ordinal")
        ),
    )
    op.create_index(op.f("ix_cards_holder_id"), "cards", ["holder_id"], unique=False)
    op.create_index(op.f("ix_cards_state"), "cards", ["state"], unique=False)
    op.create_table(
        "card_keys",
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.Integer(), nullable=False),
        sa.Column("spki_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("issuer_key_id", sa.LargeBinary(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["guid"], ["cards.guid"], name=op.f("fk_card_keys_guid_cards")),
        sa.PrimaryKeyConstraint("guid", "slot", name=op.f("pk_card_keys")),
        sa.UniqueConstraint(
            "issuer_key_id", "serial", name=op.f("uq_card_keys_issuer_key_id_serial")
        ),
        sa.UniqueConstraint("spki_sha256", name=op.f("uq_card_keys_spki_sha256")),
    )
    op.create_table(
        "personalisation_jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("application_id", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("plan_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_personalisation_jobs_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personalisation_jobs")),
    )
    op.create_index(
        op.f("ix_personalisation_jobs_agent"), "personalisation_jobs", ["agent"], unique=False
    )
    op.create_index(
        op.f("ix_personalisation_jobs_application_id"),
        "personalisation_jobs",
        ["application_id"],
        unique=False,
    )
    op.execute(
        sa.text("INSERT INTO audit_head (id, size, frontier) VALUES (1, 0, :none)").bindparams(
            sa.bindparam("none", b"", sa.LargeBinary())
        )
    )
    _refuse_changes()


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("personalisation_jobs")
    op.drop_table("card_keys")
    op.drop_table("cards")
    op.drop_table("service_policies")
    op.drop_table("applications")
    op.drop_table("tree_heads")
    op.drop_table("relying_parties")
    op.drop_table("operators")
    op.drop_table("holders")
    op.drop_table("decisions")
    op.drop_table("crl_numbers")
    op.drop_table("challenges")
    op.drop_table("certificate_ledger")
    op.drop_table("audit_head")
    op.drop_table("audit_events")
    op.drop_table("agents")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION cardsvc_append_only()")
