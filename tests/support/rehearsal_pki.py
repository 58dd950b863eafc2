"""A whole CA side in memory or a temporary folder, for tests: the real code, cheap settings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey
from cardsvc.terms import CardType, Realm
from issuance.ports import CertificateRequest, ProfileName
from keys.ceremony_plan import CeremonyPlan
from keys.pki import Pki, open_pki
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from tests.support.memory_ledger import MemoryCertificateLedger

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CHEAP = ScryptCost(n=2**4, r=1)
PASSPHRASE = "câu khóa thử"
STAFF = (
    ("common_name", "Nguyễn Thị Đoan Trang"),
    ("organization", "Sở Nội vụ tỉnh Lâm Đồng"),
    ("title", "Chuyên viên"),
)
ALIAS = (("serial_number", "CN-7f3a90"),)


def make_request(
    profile: ProfileName = ProfileName.AUTHENTICATION,
    card_type: CardType = CardType.CIVIL_SERVANT,
    *,
    realm: Realm = Realm.PRODUCTION,
    guid: CardGuid | None = None,
    public_key: CardPublicKey | None = None,
    not_after: datetime = AT + timedelta(days=3 * 365),
    subject: tuple[tuple[str, str], ...] | None = None,
) -> CertificateRequest:
    """Return a request that the CA grants, unless told otherwise."""
    if subject is None:
        subject = ALIAS if card_type is CardType.INDIVIDUAL else STAFF
        subject = () if profile is ProfileName.CARD_AUTHENTICATION else subject
    return CertificateRequest(
        profile=profile,
        card_type=card_type,
        realm=realm,
        guid=guid or CardGuid(secrets.token_bytes(16)),
        public_key=public_key or ec.generate_private_key(ec.SECP256R1()).public_key(),
        not_after=not_after,
        subject=subject,
    )


@dataclass
class RehearsalPki:
    """Vault, ledger and all that ``open_pki`` gives."""

    vault: SoftwareVault
    ledger: MemoryCertificateLedger
    pki: Pki

    def request(self, *args: Any, **kwargs: Any) -> CertificateRequest:
        """Return what ``make_request`` returns."""
        return make_request(*args, **kwargs)

    def issue(self, request: CertificateRequest, at: datetime = AT) -> x509.Certificate:
        """Prepare and sign."""
        return self.pki.factory.sign(self.pki.factory.prepare(request, at), at)


def make_rehearsal_pki(folder: Path, *, base_url: str | None = None) -> RehearsalPki:
    """Hold a ceremony in a folder, with one vault for root and service."""
    vault = SoftwareVault.open(folder, PASSPHRASE, cost=CHEAP)
    ledger = MemoryCertificateLedger()
    pki = open_pki(CeremonyPlan(base_url=base_url), vault, ledger, AT, root_vault=vault)
    return RehearsalPki(vault, ledger, pki)
