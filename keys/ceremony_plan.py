"""What a ceremony is to make, and the minutes of what it made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cardsvc.terms import CardType
from keys.assemble import StatusPointers
from keys.vault import KeyHandle, VaultAlgorithm

Subject: TypeAlias = tuple[tuple[str, str], ...]

ROOT = "root"


@dataclass(frozen=True, slots=True)
class CeremonyPlan:
    """Names and algorithms of the embedded default; a province gives its own names.

    Args:
        root_subject: the root's name.
        issuing_subjects: the issuing CAs' names: short, for each card carries one in its 9E
            certificate.
        signer_organization: stands in each signer's name.
        root_algorithm: the root's key.
        algorithm: the issuing CAs' keys. Signers are on P-256.
        base_url: where status documents are published, None where nowhere.
        accept_new_root: make a root although the ledger knows one that is not in the vault:
            every card is under another anchor from then on.
    """

    root_subject: Subject = (("country", "VN"), ("common_name", "CA gốc thẻ điện tử"))
    issuing_subjects: Mapping[CardType, Subject] = field(
        default_factory=lambda: {
            CardType.CIVIL_SERVANT: (("common_name", "CA Cán bộ"),),
            CardType.INDIVIDUAL: (("common_name", "CA Cá nhân"),),
            CardType.BUSINESS: (("common_name", "CA Doanh nghiệp"),),
        }
    )
    signer_organization: str = "Dịch vụ thẻ điện tử"
    root_algorithm: VaultAlgorithm = VaultAlgorithm.ECDSA_P384
    algorithm: VaultAlgorithm = VaultAlgorithm.ECDSA_P256
    base_url: str | None = None
    accept_new_root: bool = False

    def pointers(self, authority: str) -> StatusPointers | None:
        """Return where an authority's status documents are, None where nothing is published."""
        if self.base_url is None:
            return None
        return StatusPointers(self.base_url, authority, has_responder=authority != ROOT)


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A key in the vault with its certificate."""

    label: str
    handle: KeyHandle
    certificate: x509.Certificate
    made: bool


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """What the ceremony's minutes say of one certificate."""

    label: str
    subject: str
    serial: str
    sha256_fingerprint: str
    not_before: datetime
    not_after: datetime
    made: bool

    @classmethod
    def of(cls, key: CertifiedKey) -> TranscriptLine:
        """Return the line of a certified key."""
        certificate = key.certificate
        der = certificate.public_bytes(serialization.Encoding.DER)
        return cls(
            label=key.label,
            subject=certificate.subject.rfc4514_string(),
            serial=f"{certificate.serial_number:x}",
            sha256_fingerprint=hashlib.sha256(der).hexdigest(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            made=key.made,
        )

    def __str__(self) -> str:
        mark = "+" if self.made else "="
        days = f"{self.not_before:%Y-%m-%d}..{self.not_after:%Y-%m-%d}"
        return f"{mark} {self.label} {days} {self.subject} SHA-256 {self.sha256_fingerprint}"
