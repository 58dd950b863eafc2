"""Opens everything on the CA's side in one call; what bootstrap wires into the service."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cardsvc.terms import CardType, Realm
from keys.authority import Authority
from keys.ca import CertificateFactory
from keys.ceremony import RENEW_BEFORE_END, Ceremony
from keys.ceremony_plan import CeremonyPlan, TranscriptLine, realm_name
from keys.hierarchy import Hierarchy, open_hierarchy
from keys.kek import VaultCardSecrets, open_card_secrets
from keys.ocsp_responder import OcspResponder
from keys.ports import CertificateLedger, DocumentStore
from keys.profiles import load_profiles
from keys.published import MemoryDocuments, Publisher
from keys.signers import ContentSigner, ReceiptSigner
from keys.status_documents import StatusDocuments
from keys.status_list_token import StatusListPublisher, StatusListSource
from keys.vault import KeyVault


@dataclass(frozen=True, slots=True)
class Pki:
    """The open CA side: a hierarchy for each realm, and what serves both.

    Args:
        production: certifies true cards.
        sandbox: certifies test cards; its root is in the service's vault.
        factory: ``issuance.ports.CertificateAuthority``.
        card_secrets: ``issuance.ports.CardSecrets``.
        status: CRL, OCSP, CA certificates, status lists, JWKS.
        transcript: a line for every certificate, ``made`` where this call made it.
    """

    production: Hierarchy
    sandbox: Hierarchy
    factory: CertificateFactory
    card_secrets: VaultCardSecrets
    status: StatusDocuments
    transcript: tuple[TranscriptLine, ...]

    def of(self, realm: Realm) -> Hierarchy:
        """Return a realm's hierarchy."""
        return self.production if realm is Realm.PRODUCTION else self.sandbox

    @property
    def root_certificate(self) -> x509.Certificate:
        """The trust anchor of true cards."""
        return self.production.root_certificate

    @property
    def root(self) -> Authority | None:
        """The root of true cards, where its vault is open."""
        return self.production.root

    @property
    def authorities(self) -> Mapping[CardType, Authority]:
        """The issuing CAs of true cards."""
        return self.production.authorities

    @property
    def issuing_certificates(self) -> dict[CardType, x509.Certificate]:
        """The certificates of the issuing CAs of true cards."""
        return self.production.issuing_certificates

    @property
    def content_signers(self) -> Mapping[CardType, ContentSigner]:
        """The content signers of true cards."""
        return self.production.content_signers

    @property
    def receipt_signer(self) -> ReceiptSigner:
        """The signer of receipts about true cards."""
        return self.production.receipt_signer

    def ending(self, at: datetime) -> Sequence[str]:
        """Return the labels of signers and CAs that end within 30 days, or did.

        A signer is followed up by whoever opens the CA side next, not by a process that has it
        open.
        """
        return [line.label for line in self.transcript if line.not_after <= at + RENEW_BEFORE_END]

    @property
    def every_content_signer(self) -> dict[tuple[Realm, CardType], ContentSigner]:
        """The content signers of both realms' cards."""
        return {
            (one.realm, kind): signer
            for one in (self.production, self.sandbox)
            for kind, signer in one.content_signers.items()
        }


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

    For one process at a time: make what is missing before workers are started. The sandbox's
    root is always in the service's vault: it protects nothing that a ceremony would be for, and
    an installation whose root is locked away gets its sandbox without one.

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
    production = open_hierarchy(
        Ceremony(plan, vault, root_vault, ledger, at, randomness=randomness)
    )
    sandbox = open_hierarchy(
        Ceremony(plan.for_sandbox(), vault, vault, ledger, at, randomness=randomness)
    )
    both = (production, sandbox)
    publisher = Publisher(documents or MemoryDocuments())
    lists = None
    if status_lists is not None:
        signers = {one.realm: one.status_list_signer for one in both}
        lists = StatusListPublisher(status_lists, signers, publisher)
    published = {
        realm_name(one.realm, name): authority
        for one in both
        for name, authority in one.published(root_crl_der if one is production else None).items()
    }
    factory = CertificateFactory(
        {(one.realm, kind): found for one in both for kind, found in one.authorities.items()},
        load_profiles(),
        ledger,
    )
    responder = OcspResponder([*production.ocsp_signers, *sandbox.ocsp_signers], ledger)
    return Pki(
        production=production,
        sandbox=sandbox,
        factory=factory,
        card_secrets=open_card_secrets(vault),
        status=StatusDocuments(published, responder, ledger, publisher, lists=lists),
        transcript=production.transcript + sandbox.transcript,
    )
