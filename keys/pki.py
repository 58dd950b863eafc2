"""Opens everything on the CA's side in one call; what bootstrap wires into the service."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cardsvc.terms import CardType
from keys.authority import Authority
from keys.ca import CertificateFactory
from keys.ceremony import Ceremony
from keys.ceremony_plan import ROOT, CeremonyPlan, TranscriptLine
from keys.kek import VaultCardSecrets, open_card_secrets
from keys.ocsp_responder import OcspResponder, OcspSigner
from keys.ports import CertificateLedger, DocumentStore
from keys.profiles import load_profiles
from keys.published import MemoryDocuments, Publisher
from keys.signers import ContentSigner, ReceiptSigner
from keys.status_documents import PublishedAuthority, StatusDocuments, root_published
from keys.status_list_token import StatusListPublisher, StatusListSigner, StatusListSource
from keys.vault import KeyVault

_SHORT_NAME_VI = {
    CardType.CIVIL_SERVANT: "cán bộ",
    CardType.INDIVIDUAL: "cá nhân",
    CardType.BUSINESS: "doanh nghiệp",
}


@dataclass(frozen=True, slots=True)
class Pki:
    """The open CA side.

    Args:
        root_certificate: the trust anchor.
        root: signs; None while its vault is locked away.
        authorities: the issuing CA of each card type.
        factory: ``issuance.ports.CertificateAuthority``.
        content_signers: ``issuance.ports.ContentSigner`` of each card type.
        receipt_signer: ``verification.ports.ReceiptSigner``.
        card_secrets: ``issuance.ports.CardSecrets``.
        status: CRL, OCSP, CA certificates, status lists, JWKS.
        transcript: a line for every certificate, ``made`` where this call made it.
    """

    root_certificate: x509.Certificate
    root: Authority | None
    authorities: Mapping[CardType, Authority]
    factory: CertificateFactory
    content_signers: Mapping[CardType, ContentSigner]
    receipt_signer: ReceiptSigner
    card_secrets: VaultCardSecrets
    status: StatusDocuments
    transcript: tuple[TranscriptLine, ...]

    @property
    def issuing_certificates(self) -> dict[CardType, x509.Certificate]:
        """The issuing CAs' certificates."""
        return {kind: authority.certificate for kind, authority in self.authorities.items()}


def open_pki(
    plan: CeremonyPlan,
    vault: KeyVault,
    ledger: CertificateLedger,
    at: datetime,
    *,
    root_vault: KeyVault | None,
    root_crl_der: bytes | None = None,
    randomness: Callable[[int], bytes] = secrets.token_bytes,
    documents: DocumentStore | None = None,
    status_lists: StatusListSource | None = None,
) -> Pki:
    """Open the CA side, making what is missing; holding it again changes nothing.

    For one process at a time: make what is missing before workers are started.

    Args:
        plan: names and algorithms.
        vault: the service's vault.
        ledger: every certificate is reserved there before it is signed.
        at: the instant of the ceremony.
        root_vault: the root's vault: ``vault`` itself in the embedded default, another one at
            an offline ceremony, None in daily running without the root.
        root_crl_der: the CRL that the root left behind; only asked without its vault.
        randomness: gives serial numbers and tokens.
        documents: keeps signed status documents; in memory where there is one process.
        status_lists: the cards' status lists; None to publish none.

    Raises:
        VaultError: VAULT_SEALED where the root is needed and locked away; KEY_UNKNOWN where
            the ledger's root is in no vault given.
    """
    ceremony = Ceremony(plan, vault, root_vault, ledger, at, randomness=randomness)
    root = ceremony.open_root()
    authorities = {kind: ceremony.open_issuing(kind, root) for kind in CardType}
    content = {kind: _open_content_signer(ceremony, kind, authorities[kind]) for kind in CardType}
    signers = [
        (authority, _open_ocsp_signer(ceremony, kind, authority))
        for kind, authority in authorities.items()
    ]
    receipt = ceremony.open_signer(
        "receipt", "receipt_signer", "Ký biên nhận", authorities[CardType.CIVIL_SERVANT]
    )
    list_key = ceremony.open_signer(
        "status-list",
        "status_list_signer",
        "Ký danh sách trạng thái",
        authorities[CardType.CIVIL_SERVANT],
    )
    publisher = Publisher(documents or MemoryDocuments())
    lists = None
    if status_lists is not None:
        list_signer = StatusListSigner(vault, list_key.handle)
        lists = StatusListPublisher(status_lists, list_signer, publisher)
    root_certificate = (
        root.certificate
        if root
        else ceremony.root_certificate_of(authorities[CardType.CIVIL_SERVANT])
    )
    published = {
        kind.value: PublishedAuthority(authority.certificate, authority)
        for kind, authority in authorities.items()
    }
    published[ROOT] = root_published(root_certificate, root, root_crl_der)
    return Pki(
        root_certificate=root_certificate,
        root=root,
        authorities=authorities,
        factory=CertificateFactory(authorities, load_profiles(), ledger),
        content_signers=content,
        receipt_signer=ReceiptSigner(vault, receipt.handle),
        card_secrets=open_card_secrets(vault),
        status=StatusDocuments(
            published, OcspResponder(signers, ledger), ledger, publisher, lists=lists
        ),
        transcript=tuple(ceremony.transcript),
    )


def _open_content_signer(
    ceremony: Ceremony, card_type: CardType, authority: Authority
) -> ContentSigner:
    name = f"Ký nội dung thẻ {_SHORT_NAME_VI[card_type]}"
    key = ceremony.open_signer(f"content-{card_type.value}", "content_signer", name, authority)
    return ContentSigner(ceremony.vault, key.handle, key.certificate)


def _open_ocsp_signer(ceremony: Ceremony, card_type: CardType, authority: Authority) -> OcspSigner:
    name = f"OCSP thẻ {_SHORT_NAME_VI[card_type]}"
    key = ceremony.open_signer(f"ocsp-{card_type.value}", "ocsp_signer", name, authority)
    return OcspSigner.open(ceremony.vault, key.handle, key.certificate)
