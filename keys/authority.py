"""One certification authority: reserves, then signs exactly what it reserved."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey, spki_der
from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType
from keys.assemble import (
    Assembly,
    StatusPointers,
    key_identifier,
    make_builder,
    signature_digest,
)
from keys.distinguished_name import build_name
from keys.key_policy import check_public_key
from keys.lint import lint
from keys.ports import CertificateLedger, Reservation
from keys.profiles import CertificateProfile
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
        at = require_utc(at).replace(microsecond=0)
        check_public_key(order.public_key, order.profile)
        subject = build_name(order.subject, order.profile.subject_rules(order.card_type))
        if order.profile.guid_in_subject_alternative_name and order.guid is None:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "the profile is for cards only")
        if order.guid is not None and order.guid.is_zero:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "a card of no identity")
        not_before, not_after = self._validity(order, at)
        token = self._randomness(32)
        for attempt in range(_SERIAL_ATTEMPTS):
            serial = self._serial()
            assembly = Assembly(
                profile=order.profile,
                issuer_name=self.issuer.name,
                issuer_key_id=self.issuer.key_id,
                subject=subject,
                public_key=order.public_key,
                serial=serial,
                not_before=not_before,
                not_after=not_after,
                guid=order.guid,
                pointers=self._pointers,
            )
            draft = self._draft(assembly)
            lint(draft, order.profile, issuer_key_id=self.issuer.key_id, guid=order.guid)
            try:
                self._ledger.reserve(
                    Reservation(
                        issuer_key_id=self.issuer.key_id,
                        serial=serial,
                        profile=order.profile.name,
                        guid=order.guid,
                        spki_sha256=hashlib.sha256(spki_der(order.public_key)).digest(),
                        not_after=not_after,
                        reserved_at=at,
                        token_sha256=hashlib.sha256(token).digest(),
                        draft_der=draft.public_bytes(serialization.Encoding.DER),
                    )
                )
            except VaultError as error:
                if error.reason is ReasonCode.SERIAL_TAKEN and attempt + 1 < _SERIAL_ATTEMPTS:
                    continue
                raise
            break
        return token.hex()

    def complete(
        self, reservation: Reservation, profile: CertificateProfile, at: datetime
    ) -> x509.Certificate:
        """Sign a redeemed reservation, check the result, record it.

        Raises:
            VaultError: CERTIFICATE_MISMATCH where what was signed is not what was reserved.
        """
        draft = x509.load_der_x509_certificate(reservation.draft_der)
        certificate = _builder_like(draft).sign(self.issuer.key, self._digest)
        if certificate.tbs_certificate_bytes != draft.tbs_certificate_bytes:
            raise VaultError(ReasonCode.CERTIFICATE_MISMATCH, "signed something else")
        lint(certificate, profile, issuer_key_id=self.issuer.key_id, guid=reservation.guid)
        try:
            self.issuer.key.public_key().verify(
                certificate.signature,
                certificate.tbs_certificate_bytes,
                ec.ECDSA(self._digest),
            )
        except InvalidSignature as error:
            raise VaultError(
                ReasonCode.CERTIFICATE_MISMATCH, "the vault signed with another key"
            ) from error
        self._ledger.record_signed(
            reservation.issuer_key_id,
            reservation.serial,
            certificate.public_bytes(serialization.Encoding.DER),
            require_utc(at).replace(microsecond=0),
        )
        return certificate

    @property
    def _digest(self) -> hashes.SHA256 | hashes.SHA384:
        return signature_digest(self.issuer.key.curve)

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

    def _draft(self, assembly: Assembly) -> x509.Certificate:
        throw_away = ec.generate_private_key(self.issuer.key.curve)
        return make_builder(assembly).sign(throw_away, self._digest)


def _builder_like(draft: x509.Certificate) -> x509.CertificateBuilder:
    key = draft.public_key()
    builder = (
        x509.CertificateBuilder()
        .issuer_name(draft.issuer)
        .subject_name(draft.subject)
        .public_key(key)
        .serial_number(draft.serial_number)
        .not_valid_before(draft.not_valid_before_utc)
        .not_valid_after(draft.not_valid_after_utc)
    )
    for extension in draft.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder
