"""The ceremony: root, an issuing CA for each card type, their signers; written down in full.

It can be held again at any time: what is there and valid is left alone, what is missing or
about to end is made. The root's key may live in a vault of its own that is closed and carried
away afterwards.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from cardsvc.card.public_key import spki_der
from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType
from keys.authority import Authority, CertificateOrder, Issuer
from keys.ca import sign_reserved
from keys.ceremony_plan import ROOT, CeremonyPlan, CertifiedKey, Subject, TranscriptLine
from keys.distinguished_name import build_name
from keys.ports import CertificateLedger, LedgerEntry
from keys.profiles import CertificateProfile, load_profiles, require_profile
from keys.signers import require_same_key
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm
from keys.vault_key import VaultEllipticCurveKey

RENEW_BEFORE_END = timedelta(days=30)
"""A signer that ends sooner is followed by another; authorities are replaced by decision only."""
MAX_GENERATIONS = 1000


class Ceremony:
    """Holds the steps of one ceremony together: vaults, ledger, instant, minutes.

    Args:
        plan: names and algorithms.
        vault: the service's own.
        root_vault: the root's, which may be the same; None while it is locked away.
        ledger: every certificate is reserved there before it is signed.
        at: the instant of the ceremony.
        randomness: gives serial numbers and tokens.
    """

    def __init__(
        self,
        plan: CeremonyPlan,
        vault: KeyVault,
        root_vault: KeyVault | None,
        ledger: CertificateLedger,
        at: datetime,
        *,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.plan = plan
        self.vault = vault
        self.ledger = ledger
        self.at = require_utc(at).replace(microsecond=0)
        self.transcript: list[TranscriptLine] = []
        self._root_vault = root_vault
        self._randomness = randomness
        # in the ledger, a realm's root and signers stand under names of their own
        self._profiles = {
            plan.own(name): replace(profile, name=plan.own(name))
            for name, profile in load_profiles().items()
        }

    def open_root(self) -> Authority | None:
        """Return the root, made where there is none; None while its vault is locked away.

        Raises:
            VaultError: KEY_UNKNOWN where the ledger's root is not in the vault, and the plan
                does not accept a new one.
        """
        vault = self._root_vault
        if vault is None:
            return None
        self._refuse_second_root(vault)
        profile = self._profile(ROOT)
        name = build_name(self.plan.root_subject, profile.subject_rules(None))

        def for_key(handle: KeyHandle) -> Authority:
            return self._authority(vault, handle, name, None, ROOT)

        key = self._ensure(
            self.plan.own(ROOT),
            profile,
            self.plan.root_algorithm,
            self.plan.root_subject,
            vault=vault,
            authority_for=for_key,
        )
        return self._authority(vault, key.handle, key.certificate.subject, key.certificate, ROOT)

    def open_issuing(self, card_type: CardType, root: Authority | None) -> Authority:
        """Return the issuing CA of a card type.

        Raises:
            VaultError: VAULT_SEALED where it must be made and the root's vault is closed.
        """
        stem = self.plan.own(f"ca-{card_type.value}")
        profile = self._profile("issuing_ca")
        subject = self.plan.issuing_subjects[card_type]
        key = self._ensure(
            stem,
            profile,
            self.plan.algorithm,
            subject,
            vault=self.vault,
            authority_for=lambda _: root,
        )
        return self._authority(
            self.vault, key.handle, key.certificate.subject, key.certificate, card_type.value
        )

    def open_signer(
        self, stem: str, profile_name: str, common_name: str, authority: Authority
    ) -> CertifiedKey:
        """Return a signer of the service, with a certificate that lasts a while yet."""
        subject: Subject = (
            ("country", "VN"),
            ("organization", self.plan.signer_organization),
            ("common_name", common_name),
        )
        return self._ensure(
            self.plan.own(stem),
            self._profile(profile_name),
            VaultAlgorithm.ECDSA_P256,
            subject,
            vault=self.vault,
            authority_for=lambda _: authority,
        )

    def root_certificate_of(self, issuing: Authority) -> x509.Certificate:
        """Return the root certificate above an issuing CA, from the ledger.

        Raises:
            VaultError: KEY_UNKNOWN where the ledger has none.
        """
        for entry in self.ledger.list_by_profile(self.plan.own(ROOT)):
            certificate = _certificate(entry)
            if certificate is None:
                continue
            try:
                issuing.certificate.verify_directly_issued_by(certificate)
            except (ValueError, TypeError, InvalidSignature):
                continue  # another root
            return certificate
        raise VaultError(ReasonCode.KEY_UNKNOWN, "the ledger has no root for this authority")

    def _profile(self, name: str) -> CertificateProfile:
        return require_profile(self._profiles, self.plan.own(name))

    def _refuse_second_root(self, vault: KeyVault) -> None:
        known = {
            entry.reservation.spki_sha256
            for entry in self.ledger.list_by_profile(self.plan.own(ROOT))
            if entry.revocation is None and entry.reservation.not_after > self.at
        }
        held, own = set(), f"{self.plan.own(ROOT)}-"
        for label in vault.labels():
            handle = vault.find(label) if label.startswith(own) else None
            if handle is not None:
                held.add(_spki_sha256(vault, handle))
        if known and not known & held and not self.plan.accept_new_root:
            raise VaultError(ReasonCode.KEY_UNKNOWN, "the ledger's root is not in this vault")

    def _ensure(
        self,
        stem: str,
        profile: CertificateProfile,
        algorithm: VaultAlgorithm,
        subject: Subject,
        *,
        vault: KeyVault,
        authority_for: Callable[[KeyHandle], Authority | None],
    ) -> CertifiedKey:
        margin = timedelta(0) if profile.is_authority else RENEW_BEFORE_END
        fresh: KeyHandle | None = None
        generation = 1
        found: CertifiedKey | None = None
        for generation in range(1, MAX_GENERATIONS):
            handle = vault.find(f"{stem}-{generation}")
            if handle is None:
                break
            entry = self.ledger.find_by_key(_spki_sha256(vault, handle))
            if entry is None:
                fresh = handle
            elif self._is_current(entry, authority_for(handle), margin):
                certificate = _certificate(entry)
                if certificate is not None:
                    found = CertifiedKey(handle.label, handle, certificate, made=False)
        if found is None:
            handle = fresh or vault.generate(f"{stem}-{generation}", algorithm)
            found = self._certify(handle, profile, subject, vault, authority_for(handle))
        self.transcript.append(TranscriptLine.of(found))
        return found

    def _is_current(
        self, entry: LedgerEntry, authority: Authority | None, margin: timedelta
    ) -> bool:
        certificate = _certificate(entry)
        if certificate is None or entry.revocation is not None:
            return False
        if authority is not None and entry.reservation.issuer_key_id != authority.issuer.key_id:
            return False
        return (
            certificate.not_valid_before_utc <= self.at
            and self.at + margin < certificate.not_valid_after_utc
        )

    def _certify(
        self,
        handle: KeyHandle,
        profile: CertificateProfile,
        subject: Subject,
        vault: KeyVault,
        authority: Authority | None,
    ) -> CertifiedKey:
        if authority is None:
            raise VaultError(ReasonCode.VAULT_SEALED, "the root's vault is needed, and is closed")
        order = CertificateOrder(
            profile=profile,
            public_key=vault.public_key(handle),
            subject=subject,
            not_after=self.at + profile.max_validity,
        )
        token = authority.reserve(order, self.at)
        by_key_id = {authority.issuer.key_id: authority}
        certificate = sign_reserved(self.ledger, by_key_id, self._profiles, token, self.at)
        require_same_key(vault, handle, certificate)
        return CertifiedKey(handle.label, handle, certificate, made=True)

    def _authority(
        self,
        vault: KeyVault,
        handle: KeyHandle,
        name: x509.Name,
        certificate: x509.Certificate | None,
        short_name: str,
    ) -> Authority:
        issuer = Issuer(name, VaultEllipticCurveKey(vault, handle), certificate)
        return Authority(issuer, self.ledger, self.plan.pointers(short_name), self._randomness)


def _certificate(entry: LedgerEntry) -> x509.Certificate | None:
    if entry.certificate_der is None:
        return None
    return x509.load_der_x509_certificate(entry.certificate_der)


def _spki_sha256(vault: KeyVault, handle: KeyHandle) -> bytes:
    return hashlib.sha256(spki_der(vault.public_key(handle))).digest()
