"""The CA as the RA sees it: prepare, get a one-use token, sign.

One issuing CA a card type and realm: the request names both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType, Realm
from keys.authority import Authority, CertificateOrder
from keys.ports import CertificateLedger, CertificateRequest, Reservation
from keys.profiles import CertificateProfile, ProfileRole, require_profile

TOKEN_LIFE = timedelta(hours=1)
"""A prepared certificate that nobody signs is void after this."""


class CertificateFactory:
    """Implements ``issuance.ports.CertificateAuthority``.

    Args:
        authorities: the issuing CA of each card type, in each realm.
        profiles: by name.
        ledger: of all the authorities.
    """

    def __init__(
        self,
        authorities: Mapping[tuple[Realm, CardType], Authority],
        profiles: Mapping[str, CertificateProfile],
        ledger: CertificateLedger,
    ) -> None:
        self._authorities = dict(authorities)
        self._by_key_id = {authority.issuer.key_id: authority for authority in authorities.values()}
        self._profiles = profiles
        self._ledger = ledger

    def prepare(self, request: CertificateRequest, at: datetime) -> str:
        """Check a request against profile and key policy; return a one-use token.

        The serial number is in the ledger before this returns.

        Raises:
            VaultError: PROFILE_UNKNOWN, PROFILE_VIOLATED, WEAK_KEY, KEY_REUSED.
        """
        authority = self._authority(request.realm, request.card_type)
        return authority.reserve(self._order(request), at)

    def prepare_all(self, requests: Sequence[CertificateRequest], at: datetime) -> Sequence[str]:
        """Check many requests as ``prepare`` does and record them together, all or none.

        Raises:
            VaultError: PROFILE_UNKNOWN, PROFILE_VIOLATED, WEAK_KEY, KEY_REUSED; SERIAL_TAKEN
                where numbers drawn at random met, so that it is worth another try.
        """
        orders: dict[tuple[Realm, CardType], list[CertificateOrder]] = {}
        for one in requests:
            orders.setdefault((one.realm, one.card_type), []).append(self._order(one))
        drafted = {
            asked: iter(self._authority(*asked).draft_all(wanted, at))
            for asked, wanted in orders.items()
        }
        in_order = [next(drafted[one.realm, one.card_type]) for one in requests]
        self._ledger.reserve_all([one.reservation for one in in_order])
        return [one.token for one in in_order]

    def sign_all(self, tokens: Sequence[str], at: datetime) -> Sequence[bytes]:
        """Redeem many tokens, all or none; the certificates, in DER, are on hold from the first.

        What is signed are the octets that were linted when they were prepared. Each signature
        is verified by the RA, once, before the card's record has it.

        Raises:
            VaultError: SIGNING_TOKEN_SPENT, as ``sign``.
        """
        reservations = self._ledger.redeem_all([_token_sha256(one) for one in tokens], at)
        signed = {
            one: _authority_of(self._by_key_id, one, at).sign_draft(one) for one in reservations
        }
        self._ledger.record_all_signed(signed, require_utc(at).replace(microsecond=0))
        return list(signed.values())

    def _order(self, request: CertificateRequest) -> CertificateOrder:
        profile = require_profile(self._profiles, request.profile.value)
        if profile.role is not ProfileRole.CARD:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "an RA asks for cards' certificates only")
        return CertificateOrder(
            profile=profile,
            public_key=request.public_key,
            subject=request.subject,
            not_after=request.not_after,
            guid=request.guid,
            card_type=request.card_type,
        )

    def sign(self, token: str, at: datetime) -> x509.Certificate:
        """Redeem a token once.

        Raises:
            VaultError: SIGNING_TOKEN_SPENT for a token that is unknown, spent, stale or of a
                card that was torn since.
        """
        return sign_reserved(self._ledger, self._by_key_id, self._profiles, token, at)

    def issuer(self, card_type: CardType, realm: Realm = Realm.PRODUCTION) -> x509.Certificate:
        """Return the issuing CA's certificate for a card type in a realm."""
        return self._authority(realm, card_type).certificate

    def _authority(self, realm: Realm, card_type: CardType) -> Authority:
        try:
            return self._authorities[realm, card_type]
        except KeyError as error:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "no CA for this card type") from error


def sign_reserved(
    ledger: CertificateLedger,
    authorities: Mapping[bytes, Authority],
    profiles: Mapping[str, CertificateProfile],
    token: str,
    at: datetime,
) -> x509.Certificate:
    """Redeem a token with the authority that reserved it.

    Raises:
        VaultError: SIGNING_TOKEN_SPENT.
    """
    reservation = ledger.redeem(_token_sha256(token), at)
    authority = _authority_of(authorities, reservation, at)
    profile = require_profile(profiles, reservation.profile)
    return authority.complete(reservation, profile, at)


def _token_sha256(token: str) -> bytes:
    try:
        octets = bytes.fromhex(token)
    except ValueError as error:
        raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "not a token") from error
    return hashlib.sha256(octets).digest()


def _authority_of(
    authorities: Mapping[bytes, Authority], reservation: Reservation, at: datetime
) -> Authority:
    authority = authorities.get(reservation.issuer_key_id)
    if authority is None or at - reservation.reserved_at > TOKEN_LIFE:
        raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "the token is stale or another CA's")
    return authority
