"""One realm's hierarchy: its root, an issuing CA for each card type, and their signers.

Production and sandbox share nothing: who believes one's anchor believes nothing of the other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from cardsvc.terms import CardType, Realm
from keys.authority import Authority
from keys.ceremony import Ceremony
from keys.ceremony_plan import ROOT, TranscriptLine
from keys.ocsp_responder import OcspSigner
from keys.signers import ContentSigner, ReceiptSigner
from keys.status_documents import PublishedAuthority, root_published
from keys.status_list_token import StatusListSigner

_SHORT_NAME_VI = {
    CardType.CIVIL_SERVANT: "cán bộ",
    CardType.INDIVIDUAL: "cá nhân",
    CardType.BUSINESS: "doanh nghiệp",
}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A realm's hierarchy, open.

    Args:
        realm: whose it is.
        root_certificate: its trust anchor.
        root: signs; None while its vault is locked away.
        authorities: the issuing CA of each card type.
        content_signers: ``issuance.ports.ContentSigner`` of each card type.
        ocsp_signers: each issuing CA with its responder's key.
        receipt_signer: ``verification.ports.ReceiptSigner``.
        status_list_signer: signs the realm's status lists.
        transcript: a line for every certificate.
    """

    realm: Realm
    root_certificate: x509.Certificate
    root: Authority | None
    authorities: Mapping[CardType, Authority]
    content_signers: Mapping[CardType, ContentSigner]
    ocsp_signers: tuple[tuple[Authority, OcspSigner], ...]
    receipt_signer: ReceiptSigner
    status_list_signer: StatusListSigner
    transcript: tuple[TranscriptLine, ...]

    @property
    def issuing_certificates(self) -> dict[CardType, x509.Certificate]:
        """The issuing CAs' certificates."""
        return {kind: authority.certificate for kind, authority in self.authorities.items()}

    def published(self, root_crl_der: bytes | None) -> dict[str, PublishedAuthority]:
        """Return the authorities by the names that their status documents have."""
        found = {
            kind.value: PublishedAuthority(authority.certificate, authority)
            for kind, authority in self.authorities.items()
        }
        found[ROOT] = root_published(self.root_certificate, self.root, root_crl_der)
        return found


def open_hierarchy(ceremony: Ceremony) -> Hierarchy:
    """Open the hierarchy of the ceremony's plan, making what is missing.

    Raises:
        VaultError: VAULT_SEALED where the root is needed and locked away; KEY_UNKNOWN where
            the ledger's root is in no vault given.
    """
    vault = ceremony.vault
    root = ceremony.open_root()
    authorities = {kind: ceremony.open_issuing(kind, root) for kind in CardType}
    content = {kind: _content_signer(ceremony, kind, authorities[kind]) for kind in CardType}
    responders = tuple(
        (authority, _ocsp_signer(ceremony, kind, authority))
        for kind, authority in authorities.items()
    )
    first = authorities[CardType.CIVIL_SERVANT]
    receipt = ceremony.open_signer("receipt", "receipt_signer", "Ký biên nhận", first)
    lists = ceremony.open_signer(
        "status-list", "status_list_signer", "Ký danh sách trạng thái", first
    )
    return Hierarchy(
        realm=ceremony.plan.realm,
        root_certificate=root.certificate if root else ceremony.root_certificate_of(first),
        root=root,
        authorities=authorities,
        content_signers=content,
        ocsp_signers=responders,
        receipt_signer=ReceiptSigner(vault, receipt.handle),
        status_list_signer=StatusListSigner(vault, lists.handle),
        transcript=tuple(ceremony.transcript),
    )


def _content_signer(ceremony: Ceremony, card_type: CardType, authority: Authority) -> ContentSigner:
    name = f"Ký nội dung thẻ {_SHORT_NAME_VI[card_type]}"
    key = ceremony.open_signer(f"content-{card_type.value}", "content_signer", name, authority)
    return ContentSigner(ceremony.vault, key.handle, key.certificate)


def _ocsp_signer(ceremony: Ceremony, card_type: CardType, authority: Authority) -> OcspSigner:
    name = f"OCSP thẻ {_SHORT_NAME_VI[card_type]}"
    key = ceremony.open_signer(f"ocsp-{card_type.value}", "ocsp_signer", name, authority)
    return OcspSigner.open(ceremony.vault, key.handle, key.certificate)
