"""Holders as a registry: words to find them by, Vietnamese order, versions, former numbers.

The present personal number is one person's alone.
A person who stood there twice becomes one: applications and cards go to the first entry.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cardsvc.identity.names import PersonName

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_BY_CODE_POINT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

_HOLDERS = sa.table(
    "holders",
    sa.column("id"),
    sa.column("name"),
    sa.column("exact_key"),
    sa.column("sort_key"),
    sa.column("version"),
    sa.column("search_key"),
    sa.column("personal_number_index"),
)
_WORDS = sa.table("holder_words", sa.column("holder_id"), sa.column("word"))

_NEW_COLUMNS = ("sex", "phone_sealed", "email_sealed", "staff_code", "employment_until")


def upgrade() -> None:
    """Join persons who stand there twice, add columns and tables, and fill them."""
    _join_doubles()
    for index in ("search_key", "agency_code", "personal_number_index"):
        op.drop_index(op.f(f"ix_holders_{index}"), table_name="holders")
    for column in (
        sa.Column("exact_key", _BY_CODE_POINT, nullable=True),
        sa.Column("sort_key", _BY_CODE_POINT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("staff_code", sa.String(), nullable=True),
        sa.Column("employment_until", sa.Date(), nullable=True),
    ):
        op.add_column("holders", column)
    _create_tables()
    _fill()
    with op.batch_alter_table("holders", table_args=_checks()) as holders:
        holders.alter_column("exact_key", existing_type=_BY_CODE_POINT, nullable=False)
        holders.alter_column("sort_key", existing_type=_BY_CODE_POINT, nullable=False)
        holders.alter_column("version", existing_type=sa.Integer(), nullable=False)
        if op.get_bind().dialect.name == "postgresql":
            holders.alter_column("search_key", type_=sa.String(collation="C"))
            holders.alter_column("agency_code", type_=sa.String(collation="C"))
    _create_indexes()


def _checks() -> tuple[sa.CheckConstraint, ...]:
    """Say the checks again: a table that SQLite copies loses what Alembic can't reflect."""
    return (
        sa.CheckConstraint(
            "(agency_code IS NULL) = (category IS NULL)",
            name=op.f("ck_holders_employment_whole_or_absent"),
        ),
        sa.CheckConstraint(
            "(enterprise_number_sealed IS NULL) = (delegation_until IS NULL)",
            name=op.f("ck_holders_delegation_whole_or_absent"),
        ),
    )


def _join_doubles() -> None:
    connection = op.get_bind()
    first = (
        sa.select(_HOLDERS.c.personal_number_index, sa.func.min(_HOLDERS.c.id).label("id"))
        .group_by(_HOLDERS.c.personal_number_index)
        .having(sa.func.count() > 1)
    )
    for index, kept in connection.execute(first).all():
        doubles = sa.select(_HOLDERS.c.id).where(
            _HOLDERS.c.personal_number_index == index, _HOLDERS.c.id != kept
        )
        for name in ("applications", "cards"):
            table = sa.table(name, sa.column("holder_id"))
            connection.execute(
                sa.update(table).where(table.c.holder_id.in_(doubles)).values(holder_id=kept)
            )
        connection.execute(
            sa.delete(_HOLDERS).where(
                _HOLDERS.c.personal_number_index == index, _HOLDERS.c.id != kept
            )
        )


def _create_tables() -> None:
    op.create_table(
        "holder_words",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("word", _BY_CODE_POINT, nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"],
            ["holders.id"],
            name=op.f("fk_holder_words_holder_id_holders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("holder_id", "word", name=op.f("pk_holder_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holder_aliases",
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["holder_id"],
            ["holders.id"],
            name=op.f("fk_holder_aliases_holder_id_holders"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("holder_id", "ordinal", name=op.f("pk_holder_aliases")),
    )


def _fill() -> None:
    connection, after = op.get_bind(), ""
    columns = sa.select(_HOLDERS.c.id, _HOLDERS.c.name).order_by(_HOLDERS.c.id).limit(_AT_ONCE)
    while rows := connection.execute(columns.where(_HOLDERS.c.id > after)).all():
        words = []
        for holder_id, text in rows:
            name = PersonName(text)
            connection.execute(
                sa.update(_HOLDERS)
                .where(_HOLDERS.c.id == holder_id)
                .values(exact_key=name.tone_folded_key, sort_key=name.sort_key, version=0)
            )
            found = sorted(set(name.search_key.split()))
            words += [{"holder_id": holder_id, "word": word} for word in found]
        connection.execute(sa.insert(_WORDS), words)
        after = rows[-1][0]


def _create_indexes() -> None:
    op.create_index(
        op.f("ix_holders_personal_number_index"), "holders", ["personal_number_index"], unique=True
    )
    op.create_index(
        op.f("ix_holders_agency_code_sort_key_id"), "holders", ["agency_code", "sort_key", "id"]
    )
    op.create_index(
        "ix_holders_staff_order",
        "holders",
        ["sort_key", "id", "search_key", "exact_key", "agency_code", "category"],
    )
    op.create_index(op.f("ix_holder_words_word_holder_id"), "holder_words", ["word", "holder_id"])
    op.create_index(op.f("ix_holder_aliases_number_index"), "holder_aliases", ["number_index"])


def downgrade() -> None:
    """Drop what was added; former numbers and contact data are lost."""
    op.drop_table("holder_aliases")
    op.drop_table("holder_words")
    op.drop_index("ix_holders_staff_order", table_name="holders")
    op.drop_index(op.f("ix_holders_agency_code_sort_key_id"), table_name="holders")
    op.drop_index(op.f("ix_holders_personal_number_index"), table_name="holders")
    with op.batch_alter_table("holders", table_args=_checks()) as holders:
        if op.get_bind().dialect.name == "postgresql":
            holders.alter_column("search_key", type_=sa.String(collation="default"))
            holders.alter_column("agency_code", type_=sa.String(collation="default"))
        for column in ("exact_key", "sort_key", "version", *_NEW_COLUMNS):
            holders.drop_column(column)
    for index in ("search_key", "agency_code", "personal_number_index"):
        op.create_index(op.f(f"ix_holders_{index}"), "holders", [index])
