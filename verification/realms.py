"""Whose anchors are believed: production's for true cards, the sandbox's for test cards.

A policy is of one realm, and a card is judged by that realm's anchors alone. What they don't know
is asked of the other realm only to say so: a test card at a true counter is told from a forgery.
The realm on the card's record is looked at besides (``release.grant``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.terms import CardType, Realm
from verification.path.facts import CertificateFacts
from verification.ports import TrustedIssuers


class TrustByRealm:
    """The anchors of each realm.

    Args:
        trusted: by realm; one that is not there trusts nothing.
    """

    def __init__(self, trusted: Mapping[Realm, TrustedIssuers]) -> None:
        self._trusted: dict[Realm, TrustedIssuers] = {
            realm: _OneRealm(own, [one for other, one in trusted.items() if other is not realm])
            for realm, own in trusted.items()
        }

    def of(self, realm: Realm) -> TrustedIssuers:
        """Return what a realm trusts.

        Raises:
            VerificationError: REALM_MISMATCH; we hold no anchors of that realm.
        """
        found = self._trusted.get(realm)
        if found is None:
            raise VerificationError(ReasonCode.REALM_MISMATCH, f"no anchors of {realm.value}")
        return found


class _OneRealm:
    """Trusts one realm; implements ``ports.TrustedIssuers``."""

    def __init__(self, own: TrustedIssuers, others: list[TrustedIssuers]) -> None:
        self._own = own
        self._others = others

    def check_card_certificate(
        self, leaf: CertificateFacts, at: datetime, *, pin_key: bool
    ) -> CardType:
        """Validate a certificate under this realm's anchors; see ``ports.TrustedIssuers``.

        Raises:
            VerificationError: as there; REALM_MISMATCH for a card of another realm of ours.
        """
        try:
            return self._own.check_card_certificate(leaf, at, pin_key=pin_key)
        except VerificationError as error:
            if error.reason is ReasonCode.UNTRUSTED_ISSUER and any(
                _knows(other, leaf, at, pin_key=pin_key) for other in self._others
            ):
                mismatch = ReasonCode.REALM_MISMATCH
                raise VerificationError(mismatch, "another realm's CA issued it") from error
            raise

    def check_content_signer(self, certificate: x509.Certificate, at: datetime) -> None:
        """Validate a content signer under this realm's anchors."""
        self._own.check_content_signer(certificate, at)


def _knows(trusted: TrustedIssuers, leaf: CertificateFacts, at: datetime, *, pin_key: bool) -> bool:
    try:
        trusted.check_card_certificate(leaf, at, pin_key=pin_key)
    except VerificationError:
        return False
    return True
