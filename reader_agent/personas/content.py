"""What stands on a persona's card: keys, certificates and signed objects, by a plan.

Spec: FIPS 201-3 section 4.2; SP 800-73-5 Part 1 section 3; SP 800-76-2 section 9.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from cardsvc.card.cbeff import (
    DATA_TYPE_PROCESSED,
    FORMAT_TYPE_FINGER_MINUTIAE,
    TYPE_FINGER,
    BiometricHeader,
    sign_biometric,
)
from cardsvc.card.ccc import encode_ccc
from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.chuid import attach_signature, encode_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import SignatureSettings, sign_detached
from cardsvc.card.discovery import Discovery, encode_discovery
from cardsvc.card.facial_image import FacialImage, sign_facial_image
from cardsvc.card.fascn import NON_FEDERAL_FASCN, Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.key_history import KeyHistory, encode_key_history
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.printed_information import (
    PrintedInformation,
    encode_printed_information,
    format_printed_date,
)
from cardsvc.card.security_object import sign_security_object
from reader_agent.personas import pki
from reader_agent.personas import realm as names
from reader_agent.personas.pki import Authority, PrivateKey, Subject, Validity
from reader_agent.personas.realm import Realm
from reader_agent.virtual.state import CardState

TEST_PIN = "123456"
HOLDER_NAME = "Nguyễn Văn Thử"
PHOTO_SIZE = (96, 128)
_MAIN_SLOTS = (
    KeySlot.AUTHENTICATION,
    KeySlot.SIGNATURE,
    KeySlot.KEY_MANAGEMENT,
    KeySlot.CARD_AUTHENTICATION,
)


@dataclass(frozen=True, slots=True)
class CardPlan:
    """How a persona's card is made.

    Args:
        name: the persona; its GUID and serial numbers follow from it.
        issuing: which CA issues its certificates.
        signer: who signs its objects.
        days: validity of the certificates, in days from the realm's founding.
        expires_day: the CHUID's last day; the certificates' last day where None.
        biometric_days: validity of facial image and fingerprints; long enough where None.
        rsa: RSA-2048 keys instead of P-256.
        fascn: its FASC-N; a federal one goes into the certificates, too.
        compress: certificates in gzip.
        fingerprints: with a fingerprint object.
        retired_keys: how many retired key management keys.
        discovery: its Discovery Object; None leaves it out.
        large: pad the 9E certificate beyond the usual size.
        legacy: as before SP 800-73-3: the FASC-N alone names the card, the GUID is zero.
    """

    name: str
    issuing: str = names.ISSUING
    signer: str = names.CONTENT_SIGNER
    days: tuple[int, int] = (-30, 1095)
    expires_day: int | None = None
    biometric_days: tuple[int, int] | None = None
    rsa: bool = False
    fascn: Fascn = NON_FEDERAL_FASCN
    compress: bool = False
    fingerprints: bool = False
    retired_keys: int = 0
    discovery: Discovery | None = field(default_factory=Discovery)
    large: bool = False
    legacy: bool = False

    @property
    def guid(self) -> CardGuid:
        """The card's GUID: always the same for a persona (RFC 9562 section 5.5)."""
        if self.legacy:
            return CardGuid(bytes(16))
        return CardGuid.from_uuid(uuid.uuid5(uuid.NAMESPACE_URL, f"cardsvc:persona:{self.name}"))


@cache
def _grey_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", PHOTO_SIZE, 128).save(buffer, "JPEG")
    return buffer.getvalue()


@dataclass(frozen=True)
class PersonaContent:
    """The content of one card, before it is put on a card or tampered with.

    Args:
        realm: who signs.
        plan: what.
    """

    realm: Realm
    plan: CardPlan

    @cached_property
    def keys(self) -> dict[KeySlot, PrivateKey]:
        """Private keys by slot."""
        retired = [KeySlot(KeySlot.RETIRED_1 + n) for n in range(self.plan.retired_keys)]
        return {slot: self._new_key() for slot in (*_MAIN_SLOTS, *retired)}

    def _new_key(self) -> PrivateKey:
        return rsa.generate_private_key(65537, 2048) if self.plan.rsa else pki.new_key()

    @cached_property
    def certificates(self) -> dict[KeySlot, x509.Certificate]:
        """Certificates by slot."""
        return {slot: self.certificate(slot, key) for slot, key in self.keys.items()}

    @property
    def issuer(self) -> Authority:
        """The issuing CA."""
        return self.realm[self.plan.issuing]

    @property
    def _expires_day(self) -> int:
        return self.plan.days[1] if self.plan.expires_day is None else self.plan.expires_day

    @property
    def expires(self) -> datetime:
        """The card's last day."""
        return self.realm.founded + timedelta(days=self._expires_day)

    def serial(self, slot: KeySlot) -> int:
        """Return the serial number of a slot's certificate, always the same for a persona."""
        return pki.serial_of(f"{self.plan.name}/{slot:02x}")

    def certificate(self, slot: KeySlot, key: PrivateKey) -> x509.Certificate:
        """Return the certificate that the plan gives a slot."""
        card_only = slot is KeySlot.CARD_AUTHENTICATION
        common_name = str(self.plan.guid) if card_only else HOLDER_NAME
        validity: Validity = self.realm.around(*self.plan.days)
        return self.issuer.issue(
            Subject(
                pki.distinguished_name(common_name),
                key.public_key(),
                self.serial(slot),
                validity,
                self._extensions(slot),
            )
        )

    def _extensions(self, slot: KeySlot) -> list[tuple[x509.ExtensionType, bool]]:
        found: list[tuple[x509.ExtensionType, bool]] = [(self._key_usage(slot), True)]
        if slot is KeySlot.CARD_AUTHENTICATION:
            found.append((pki.extended("2.16.840.1.101.3.6.8"), True))  # id-PIV-cardAuth
        if slot in (KeySlot.CARD_AUTHENTICATION, KeySlot.AUTHENTICATION):
            found.append((self._alternative_names(), False))
        if slot is KeySlot.CARD_AUTHENTICATION and self.plan.large:
            notice = x509.UserNotice(None, "Thẻ thử nghiệm " * 60)
            policy = x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), [notice])
            found.append((x509.CertificatePolicies([policy]), False))
        return found

    def _key_usage(self, slot: KeySlot) -> x509.KeyUsage:
        if slot is KeySlot.SIGNATURE:
            return pki.key_usage("digital_signature", "content_commitment")
        if slot is KeySlot.KEY_MANAGEMENT or slot.is_retired:
            return pki.key_usage("key_encipherment" if self.plan.rsa else "key_agreement")
        return pki.key_usage("digital_signature")

    def _alternative_names(self) -> x509.SubjectAlternativeName:
        found: list[x509.GeneralName] = []
        if not self.plan.legacy:
            found.append(x509.UniformResourceIdentifier(self.plan.guid.urn))
        if not self.plan.fascn.is_non_federal:
            value = b"\x04\x19" + self.plan.fascn.octets  # OCTET STRING of 25 octets
            oid = x509.ObjectIdentifier("2.16.840.1.101.3.6.6")
            found.insert(0, x509.OtherName(oid, value))
        return x509.SubjectAlternativeName(found)

    def settings(self, *, include_certificate: bool = True) -> SignatureSettings:
        """Return how the plan's content signer signs for this card."""
        signer = self.realm[self.plan.signer]
        return SignatureSettings(
            certificate=signer.certificate,
            sign=signer.sign,
            signing_time=self.realm.founded,
            fascn=self.plan.fascn,
            entry_uuid=None if self.plan.legacy else self.plan.guid,
            include_certificate=include_certificate,
        )

    def chuid(self) -> bytes:
        """Return the signed CHUID."""
        unsigned = encode_chuid(self.plan.guid, self.expires.date(), fascn=self.plan.fascn)
        return attach_signature(
            unsigned, sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, self.settings())
        )

    def objects(self) -> dict[ObjectTag, bytes]:
        """Return every object; the Security Object covers all but the certificates."""
        covered = {ObjectTag.CHUID: self.chuid(), **self.unsigned_objects()}
        covered[ObjectTag.FACIAL_IMAGE] = self.facial_image()
        if self.plan.fingerprints:
            covered[ObjectTag.FINGERPRINTS] = self.fingerprints()
        security_object = sign_security_object(covered, self.settings(include_certificate=False))
        return {
            **covered,
            **self.certificate_objects(),
            ObjectTag.SECURITY_OBJECT: security_object,
        }

    def state(self) -> CardState:
        """Return a card that holds all of it, its PIN being ``TEST_PIN``."""
        state = CardState.factory()
        state.put_object(ObjectTag.DISCOVERY, b"")
        for tag, octets in self.objects().items():
            state.put_object(tag, octets)
        for slot, key in self.keys.items():
            state.put_key(slot, key)
        state.set_pin(TEST_PIN)
        return state

    def _biometric_validity(self) -> Validity:
        first, last = self.plan.biometric_days or (self.plan.days[0], self._expires_day + 1)
        return self.realm.around(first, last)

    def facial_image(self) -> bytes:
        """Return the signed facial image: a grey rectangle."""
        validity = self._biometric_validity()
        photo = FacialImage(
            _grey_jpeg(), *PHOTO_SIZE, validity.first, validity.first, validity.last, "cardsvc"
        )
        return sign_facial_image(photo, self.plan.guid, self.plan.fascn, self.settings())

    def fingerprints(self) -> bytes:
        """Return a signed fingerprint object whose record holds no finger."""
        validity = self._biometric_validity()
        header = BiometricHeader(
            created_at=validity.first,
            valid_from=validity.first,
            valid_until=validity.last,
            fascn=self.plan.fascn,
            format_type=FORMAT_TYPE_FINGER_MINUTIAE,
            biometric_type=TYPE_FINGER,
            data_type=DATA_TYPE_PROCESSED,
            creator="cardsvc",
        )
        return sign_biometric(header, b"FMR\x00 20\x00", self.plan.guid, self.settings())

    def unsigned_objects(self) -> dict[ObjectTag, bytes]:
        """Return the objects that no issuer signs by themselves."""
        expires = format_printed_date(self.expires.date())
        found = {
            ObjectTag.CARD_CAPABILITY_CONTAINER: encode_ccc(self.plan.guid),
            ObjectTag.PRINTED_INFORMATION: encode_printed_information(
                PrintedInformation(HOLDER_NAME, "Người thử", expires, "0001", "THU0001")
            ),
        }
        if self.plan.discovery is not None:
            found[ObjectTag.DISCOVERY] = encode_discovery(self.plan.discovery)
        if self.plan.retired_keys:
            history = KeyHistory(on_card=self.plan.retired_keys)
            found[ObjectTag.KEY_HISTORY] = encode_key_history(history)
        return found

    def certificate_objects(self) -> dict[ObjectTag, bytes]:
        """Return the certificates' objects."""
        return {
            CERTIFICATE_OBJECT[slot]: encode_certificate_object(
                certificate, compress=self.plan.compress
            )
            for slot, certificate in self.certificates.items()
        }
