"""Our own PKI as the verification core asks for it: three issuing CAs, content signers.

Implements ``verification.ports.TrustedIssuers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.terms import CardType
from verification.path.facts import CertificateFacts
from verification.path.issuers import IssuerCache
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial


class PkiTrust:
    """Trusts what our anchors and issuing CAs certify.

    Args:
        trust: anchors and issuing CAs.
        card_types: what each issuing CA issues, by its subject key identifier.
    """

    def __init__(self, trust: TrustMaterial, card_types: Mapping[bytes, CardType]) -> None:
        self._issuers = IssuerCache(trust)
        self._card_types = dict(card_types)

    def check_card_certificate(
        self, leaf: CertificateFacts, at: datetime, *, pin_key: bool
    ) -> CardType:
        """Validate a 9E or 9A certificate; return the type of card that its CA issues.

        Raises:
            VerificationError: the path does not hold, or an authority of ours that issues no
                cards signed it (UNTRUSTED_ISSUER).
        """
        purpose = Purpose.AUTHENTICATION if pin_key else Purpose.CARD_AUTHENTICATION
        path = self._issuers.validate_facts(leaf, at, purpose)
        issuer_key_id = path.facts[1].extensions.subject_key_id or b""
        card_type = self._card_types.get(issuer_key_id)
        if card_type is None:
            raise VerificationError(ReasonCode.UNTRUSTED_ISSUER, "that CA issues no cards")
        return card_type

    def check_content_signer(self, certificate: x509.Certificate, at: datetime) -> None:
        """Validate a content signer's certificate.

        Raises:
            VerificationError: the path does not hold, or it may not sign content.
        """
        self._issuers.validate_leaf(certificate, at, Purpose.CONTENT_SIGNING)
