"""What a ceremony is to make, and the minutes of what it made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cardsvc.terms import CardType, Realm
from keys.assemble import StatusPointers
from keys.vault import KeyHandle, VaultAlgorithm

Subject: TypeAlias = tuple[tuple[str, str], ...]

ROOT = "root"
TEST_MARK = "THỬ NGHIỆM – TEST "
"""Stands before every name of the sandbox's hierarchy, for whoever reads a certificate."""
_MOST_CHARACTERS = 64
"""ub-common-name and ub-organization-name (RFC 5280 appendix A.1)."""


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
        realm: whose hierarchy it is; each has a root of its own.
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
    realm: Realm = Realm.PRODUCTION

    def own(self, name: str) -> str:
        """Return a key's, an authority's or a profile's name as this realm has it."""
        return realm_name(self.realm, name)

    def for_sandbox(self) -> CeremonyPlan:
        """Return the plan of the sandbox's hierarchy: the same names, each marked as a test."""
        return replace(
            self,
            root_subject=_marked(self.root_subject),
            issuing_subjects={kind: _marked(one) for kind, one in self.issuing_subjects.items()},
            signer_organization=_test_name(self.signer_organization),
            accept_new_root=False,
            realm=Realm.SANDBOX,
        )

    def pointers(self, authority: str) -> StatusPointers | None:
        """Return where an authority's status documents are, None where nothing is published."""
        if self.base_url is None:
            return None
        return StatusPointers(self.base_url, self.own(authority), has_responder=authority != ROOT)


def realm_name(realm: Realm, name: str) -> str:
    """Return the name that something has in a realm; in production it is its own."""
    return name if realm is Realm.PRODUCTION else f"{realm.value}-{name}"


def _marked(subject: Subject) -> Subject:
    named = {"common_name", "organization"}
    return tuple(
        (attribute, _test_name(value) if attribute in named else value)
        for attribute, value in subject
    )


def _test_name(name: str) -> str:
    return (TEST_MARK + name)[:_MOST_CHARACTERS].rstrip()


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
