"""One certification authority: reserves, then signs exactly what it reserved."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.certificate_parts import parse_signed_part
from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey, spki_der
from cardsvc.clock import require_utc
from cardsvc.errors import Malformed, ReasonCode, VaultError
from cardsvc.terms import CardType
from keys.assemble import (
    Assembly,
    StatusPointers,
    key_identifier,
    make_builder,
    signature_digest,
)
from keys.distinguished_name import build_name
from keys.draft_series import DraftSeries, with_signature
from keys.key_policy import check_public_key
from keys.lint import lint
from keys.ports import CertificateLedger, Reservation
from keys.profiles import CertificateProfile, SubjectRules
from keys.vault_key import VaultEllipticCurveKey

SERIAL_OCTETS = 9
"""70 random bits in 9 octets: beyond guessing, and lean."""
BACKDATED = timedelta(minutes=5)
"""notBefore lies this far back, for readers whose clock is a little slow."""
_SERIAL_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """What one certificate is to be; the ceremony's own orders have no card.

    Args:
        profile: the kind.
        public_key: the key to certify.
        subject: attribute names and values, in order.
        not_after: a ceiling; the profile and the issuer's own end are others.
        guid: the card.
        card_type: chooses the subject rules; None for signers and authorities.
    """

    profile: CertificateProfile
    public_key: CardPublicKey
    subject: tuple[tuple[str, str], ...]
    not_after: datetime
    guid: CardGuid | None = None
    card_type: CardType | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """In whose name and by whose key an authority signs.

    Args:
        name: its subject name.
        key: its private key, in the vault.
        certificate: None only while a root signs its own first certificate.
    """

    name: x509.Name
    key: VaultEllipticCurveKey
    certificate: x509.Certificate | None

    @property
    def key_id(self) -> bytes:
        """Its subject key identifier, 20 octets."""
        return key_identifier(self.key.public_key())


@dataclass(frozen=True, slots=True)
class Drafted:
    """A checked and linted draft.

    Args:
        token: hex; signs it once, when the reservation is recorded.
        reservation: what is to be recorded.
    """

    token: str = field(repr=False)
    reservation: Reservation


class Authority:
    """A CA: name, key, ledger; decides nothing but what profile and policy say.

    Args:
        issuer: in whose name it signs.
        ledger: where each serial number is recorded before its certificate is signed.
        pointers: where status is published, if anywhere.
        randomness: gives serial numbers and tokens.
    """

    def __init__(
        self,
        issuer: Issuer,
        ledger: CertificateLedger,
        pointers: StatusPointers | None = None,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.issuer = issuer
        self._ledger = ledger
        self._pointers = pointers
        self._randomness = randomness
        # a draft is no certificate: this key is nobody's, and no path ends in it
        self._throw_away = ec.generate_private_key(issuer.key.curve)
        self._key_id = issuer.key_id
        self._digest = signature_digest(issuer.key.curve)
        self._ecdsa = ec.ECDSA(self._digest)

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own certificate.

        Raises:
            VaultError: KEY_UNKNOWN before a root has one.
        """
        if self.issuer.certificate is None:
            raise VaultError(ReasonCode.KEY_UNKNOWN, "the authority has no certificate yet")
        return self.issuer.certificate

    def reserve(self, order: CertificateOrder, at: datetime) -> str:
        """Check an order, draft and lint its certificate, record its serial; return a token.

        Raises:
            VaultError: PROFILE_VIOLATED, WEAK_KEY, KEY_REUSED.
        """
        for attempt in range(_SERIAL_ATTEMPTS):
            drafted = self.draft(order, at)
            try:
                self._ledger.reserve(drafted.reservation)
            except VaultError as error:
                if error.reason is ReasonCode.SERIAL_TAKEN and attempt + 1 < _SERIAL_ATTEMPTS:
                    continue
                raise
            break
        return drafted.token

    def draft(self, order: CertificateOrder, at: datetime) -> Drafted:
        """Check an order, draft and lint its certificate; whoever calls records it.

        Raises:
            VaultError: PROFILE_VIOLATED, WEAK_KEY.
        """
        (drafted,) = self.draft_all([order], at)
        return drafted

    def draft_all(self, orders: Sequence[CertificateOrder], at: datetime) -> Sequence[Drafted]:
        """Check many orders as ``draft`` does; of each kind the first is linted in full.

        Raises:
            VaultError: PROFILE_VIOLATED, WEAK_KEY, for one of them.
        """
        at = require_utc(at).replace(microsecond=0)
        series, names = DraftSeries(self._build), _Names()
        return [self._draft(order, at, series, names) for order in orders]

    def _draft(
        self, order: CertificateOrder, at: datetime, series: DraftSeries, names: _Names
    ) -> Drafted:
        algorithm = check_public_key(order.public_key, order.profile)
        subject = names.build(order.subject, order.profile.subject_rules(order.card_type))
        if order.profile.guid_in_subject_alternative_name and order.guid is None:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "the profile is for cards only")
        if order.guid is not None and order.guid.is_zero:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "a card of no identity")
        not_before, not_after = self._validity(order, at)
        token, serial = self._randomness(32), self._serial()
        assembly = Assembly(
            profile=order.profile,
            issuer_name=self.issuer.name,
            issuer_key_id=self._key_id,
            subject=subject,
            public_key=order.public_key,
            serial=serial,
            not_before=not_before,
            not_after=not_after,
            guid=order.guid,
            pointers=self._pointers,
        )
        spki = spki_der(order.public_key)
        reservation = Reservation(
            issuer_key_id=self._key_id,
            serial=serial,
            profile=order.profile.name,
            guid=order.guid,
            spki_sha256=hashlib.sha256(spki).digest(),
            not_after=not_after,
            reserved_at=at,
            token_sha256=hashlib.sha256(token).digest(),
            draft_der=series.draft(assembly, algorithm, spki),
        )
        return Drafted(token.hex(), reservation)

    def _build(self, assembly: Assembly) -> x509.Certificate:
        return make_builder(assembly).sign(self._throw_away, self._digest)

    def complete(
        self, reservation: Reservation, profile: CertificateProfile, at: datetime
    ) -> x509.Certificate:
        """Sign a redeemed reservation, check the result, record it.

        Raises:
            VaultError: CERTIFICATE_MISMATCH where what was signed is not what was reserved.
        """
        der = self.sign_draft(reservation)
        certificate = x509.load_der_x509_certificate(der)
        try:
            self.issuer.key.public_key().verify(
                certificate.signature, certificate.tbs_certificate_bytes, self._ecdsa
            )
        except InvalidSignature as error:
            raise VaultError(
                ReasonCode.CERTIFICATE_MISMATCH, "the vault signed with another key"
            ) from error
        lint(certificate, profile, issuer_key_id=self._key_id, guid=reservation.guid)
        self._ledger.record_signed(
            reservation.issuer_key_id,
            reservation.serial,
            der,
            require_utc(at).replace(microsecond=0),
        )
        return certificate

    def sign_draft(self, reservation: Reservation) -> bytes:
        """Sign the octets that were drafted, linted and recorded; return the certificate in DER.

        Whoever calls records it. The signature is left to be verified by whoever asked for it.

        Raises:
            VaultError: CERTIFICATE_MISMATCH where the ledger gives back no draft.
        """
        try:
            signed, algorithm = parse_signed_part(reservation.draft_der)
        except Malformed as error:
            raise VaultError(ReasonCode.CERTIFICATE_MISMATCH, "not what was reserved") from error
        return with_signature(signed, algorithm, self.issuer.key.sign(signed, self._ecdsa))

    def _validity(self, order: CertificateOrder, at: datetime) -> tuple[datetime, datetime]:
        own = self.issuer.certificate
        not_before = at - BACKDATED
        not_after = min(
            require_utc(order.not_after).replace(microsecond=0),
            not_before + order.profile.max_validity,
        )
        if own is not None:
            if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
                raise VaultError(ReasonCode.PROFILE_VIOLATED, "the authority is not valid now")
            not_before = max(not_before, own.not_valid_before_utc)
            not_after = min(not_after, own.not_valid_after_utc)
        if not_after <= at:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "the card has expired")
        return not_before, not_after

    def _serial(self) -> int:
        top = 1 << (SERIAL_OCTETS * 8 - 2)
        # the highest bit is clear for the sign, the next is set so that all are of one length
        return int.from_bytes(self._randomness(SERIAL_OCTETS), "big") % top | top


class _Names:
    """Names of one chunk: a card's certificates have one subject, and it is checked once."""

    def __init__(self) -> None:
        self._built: dict[tuple[tuple[tuple[str, str], ...], SubjectRules], x509.Name] = {}

    def build(self, attributes: tuple[tuple[str, str], ...], rules: SubjectRules) -> x509.Name:
        known = self._built.get((attributes, rules))
        if known is None:
            known = self._built[attributes, rules] = build_name(attributes, rules)
        return known
