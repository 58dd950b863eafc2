"""The CA's ledger: every serial number ever reserved, and the CRL counters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from cardsvc.card.guid import CardGuid
from cardsvc.store.columns import EnumText, GuidText, SerialHex, UtcDateTime
from cardsvc.store.schema.base import Base
from cardsvc.terms import RevocationReason


class CertificateRow(Base):
    """A reservation, and what became of it. No key is certified twice, no token redeemed twice.

    ``guid`` is not a foreign key: the CA records whatever it reserves, also where the RA's side
    of the database knows nothing of it (yet).
    """

    __tablename__ = "certificate_ledger"

    issuer_key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    serial: Mapped[int] = mapped_column(SerialHex(), primary_key=True)
    profile: Mapped[str] = mapped_column(String, index=True)
    guid: Mapped[CardGuid | None] = mapped_column(GuidText(), index=True)
    spki_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime())
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    draft_der: Mapped[bytes] = mapped_column(LargeBinary)
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    certificate_der: Mapped[bytes | None] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revocation_reason: Mapped[RevocationReason | None] = mapped_column(EnumText(RevocationReason))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        CheckConstraint(
            "(certificate_der IS NULL) = (signed_at IS NULL)", name="signing_whole_or_absent"
        ),
        CheckConstraint(
            "signed_at IS NULL OR redeemed_at IS NOT NULL", name="redeemed_before_signed"
        ),
        CheckConstraint(
            "(revocation_reason IS NULL) = (revoked_at IS NULL)",
            name="revocation_whole_or_absent",
        ),
        # what a CRL lists is found without reading a million good certificates
        Index(
            "ix_certificate_ledger_revoked",
            "issuer_key_id",
            "not_after",
            sqlite_where=text("revoked_at IS NOT NULL"),
            postgresql_where=text("revoked_at IS NOT NULL"),
        ),
    )


class CrlNumberRow(Base):
    """The last CRL number that an issuer used (RFC 5280 section 5.2.3)."""

    __tablename__ = "crl_numbers"

    issuer_key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)
