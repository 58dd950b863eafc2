"""A small true world for the verification core: PKI, cards that sign, in-memory ports.

The ports implement the real protocols; the certificates are real; the clock is set by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from msgspec import structs

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.chuid import attach_signature, encode_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import SignatureSettings, sign_detached
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.public_key import algorithm_of, spki_sha256
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, KeyRecord
from cardsvc.service_records import (
    CardOnRecord,
    CardStanding,
    Challenge,
    DecisionRecord,
    ServicePolicy,
)
from cardsvc.terms import AssuranceLevel, CardType, Realm
from verification.challenge import message_of, open_challenge
from verification.decide import DecisionDesk
from verification.path.trust import TrustMaterial
from verification.policy.simple import simple_policy
from verification.presentation import UnverifiedPresentation
from verification.realms import TrustByRealm
from verification.sealed_challenge import SealedChallenges
from verification.trusted import PkiTrust
from verification.verify import Verifier

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
AGENT = "kiosk-1"
RELYING_PARTY = "trung-tam-hcc"
SERVICE = "tra-cuu-ho-so"
PIV_CARD_AUTH = x509.ObjectIdentifier("2.16.840.1.101.3.6.8")
PIV_CONTENT_SIGNING = x509.ObjectIdentifier("2.16.840.1.101.3.6.7")

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def pooled_key(label: str, *, rsa_bits: int = 0) -> PrivateKey:
    """Return a key that is made once per test run and label."""
    if rsa_bits:
        return rsa.generate_private_key(65537, rsa_bits)
    return ec.generate_private_key(ec.SECP256R1())


def sign_octets(key: PrivateKey, message: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(**asserted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: asserted.get(name, False) for name in names})


@dataclass(frozen=True)
class TestCa:
    __test__ = False
    name: x509.Name
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def key_id(self) -> bytes:
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest

    @classmethod
    def root(cls, label: str) -> TestCa:
        key = pooled_key(f"root {label}")
        name = _name(label)
        certificate = _builder(name, name, key, key, days=7300, ca=True).sign(key, hashes.SHA256())
        return cls(name, key, certificate)

    def issuing(self, label: str) -> TestCa:
        key = pooled_key(f"ca {label}")
        name = _name(label)
        builder = _builder(name, self.name, key, self.key, days=3650, ca=True)
        return TestCa(name, key, builder.sign(self.key, hashes.SHA256()))

    def issue(
        self,
        key: PrivateKey,
        *,
        guid: CardGuid | None = None,
        ekus: tuple[x509.ObjectIdentifier, ...] = (),
        name: str = "",
        not_before: datetime = AT - timedelta(days=1),
        days: int = 900,
        usage: x509.KeyUsage | None = None,
    ) -> x509.Certificate:
        subject = _name(name) if name else x509.Name([])
        builder = _builder(
            subject, self.name, key, self.key, days=days, ca=False, not_before=not_before
        ).add_extension(usage or _usage(digital_signature=True), critical=True)
        if guid is not None:
            uri = x509.UniformResourceIdentifier(guid.urn)
            builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=not name)
        if ekus:
            builder = builder.add_extension(x509.ExtendedKeyUsage(ekus), critical=True)
        return builder.sign(self.key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    issuer_key: PrivateKey,
    *,
    days: int,
    ca: bool,
    not_before: datetime = AT - timedelta(days=30),
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=days))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if ca:
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )
    return builder


@dataclass
class TestCard:
    """A card's keys and objects, as they are on the chip."""

    __test__ = False
    guid: CardGuid
    keys: dict[KeySlot, PrivateKey]
    certificates: dict[KeySlot, x509.Certificate]
    objects: dict[ObjectTag, bytes] = field(default_factory=dict)

    def answer(
        self,
        challenge: Challenge,
        *slots: KeySlot,
        agent: str = AGENT,
        message: bytes | None = None,
        extra: Mapping[ObjectTag, bytes] | None = None,
    ) -> UnverifiedPresentation:
        used = slots or (KeySlot.CARD_AUTHENTICATION,)
        asked = message if message is not None else message_of(challenge)
        objects = {
            CERTIFICATE_OBJECT[slot]: self.objects[CERTIFICATE_OBJECT[slot]] for slot in used
        }
        proofs = {slot: sign_octets(self.keys[slot], asked) for slot in used}
        return UnverifiedPresentation(challenge.nonce, agent, objects | dict(extra or {}), proofs)


class MemorySpentNonces:
    def __init__(self) -> None:
        self.spent: set[bytes] = set()

    def spend(self, challenge: Challenge) -> bool:
        fresh = challenge.nonce not in self.spent
        self.spent.add(challenge.nonce)
        return fresh


class MemoryCards:
    def __init__(self) -> None:
        self.records: dict[CardGuid, CardOnRecord] = {}

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        return self.records.get(guid)

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        return {guid: self.records[guid] for guid in guids if guid in self.records}


class MemoryPolicies:
    def __init__(self) -> None:
        self.policies: dict[tuple[str, str], ServicePolicy] = {}

    def knows(self, relying_party: str) -> bool:
        return any(party == relying_party for party, _ in self.policies)

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        return self.policies.get((relying_party, service))


class MemoryLog:
    def __init__(self, spent: MemorySpentNonces) -> None:
        self.decisions: list[DecisionRecord] = []
        self._spent = spent

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        if answered is not None and not self._spent.spend(answered):
            return False
        self.decisions.append(decision)
        return True

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        return [self.record(decision, answered) for decision, answered in decisions]


class ClaimsKeeper:
    """Keeps the claims it was to sign; the signature itself is tested with the real signer."""

    def __init__(self) -> None:
        self.signed: list[Mapping[str, object]] = []

    def sign(self, claims: Mapping[str, object]) -> str:
        self.signed.append(claims)
        return "header.claims.signature"


class World:
    """One province: a root, three issuing CAs, a content signer, a desk that decides."""

    def __init__(self) -> None:
        self.root = TestCa.root("Gốc thử nghiệm")
        self.cas = {card_type: self.root.issuing(f"CA {card_type}") for card_type in CardType}
        self.signer_key = pooled_key("content signer")
        self.signer = self.cas[CardType.CIVIL_SERVANT].issue(
            self.signer_key, ekus=(PIV_CONTENT_SIGNING,), name="Ký nội dung"
        )
        spent = MemorySpentNonces()
        self.challenges = SealedChallenges(bytes(32), spent)
        self.cards = MemoryCards()
        self.policies = MemoryPolicies()
        self.log = MemoryLog(spent)
        self.receipts = ClaimsKeeper()
        self.trust = PkiTrust(
            TrustMaterial(
                (self.root.certificate,), tuple(ca.certificate for ca in self.cas.values())
            ),
            {ca.key_id: card_type for card_type, ca in self.cas.items()},
        )
        self.verifier = Verifier(
            self.challenges, self.cards, TrustByRealm(dict.fromkeys(Realm, self.trust))
        )
        self.desk = DecisionDesk(
            "cardsvc.test",
            self.verifier,
            self.policies,
            dict.fromkeys(Realm, self.receipts),
            self.log,
        )
        self._nonces = 0
        self.put_policy()

    def put_policy(
        self,
        level: AssuranceLevel = AssuranceLevel.X1,
        card_types: frozenset[CardType] = frozenset(CardType),
    ) -> None:
        self.put(simple_policy(RELYING_PARTY, SERVICE, card_types, level, version=1))

    def put(self, policy: ServicePolicy) -> None:
        self.policies.policies[policy.relying_party, policy.service] = policy

    def challenge(
        self,
        *,
        at: datetime = AT,
        service: str = SERVICE,
        relying_party: str = RELYING_PARTY,
        agent: str = AGENT,
        level: AssuranceLevel = AssuranceLevel.X1,
    ) -> Challenge:
        self._nonces += 1
        question = open_challenge(
            nonce=self._nonces.to_bytes(32, "big"),
            relying_party=relying_party,
            service=service,
            agent=agent,
            level=level,
            at=at,
        )
        return self.challenges.issue(question)

    def card(
        self,
        label: str = "a",
        *,
        card_type: CardType = CardType.CIVIL_SERVANT,
        state: CardState = CardState.ACTIVE,
        issuer: TestCa | None = None,
        expires_at: datetime = AT + timedelta(days=800),
        on_record: bool = True,
        **certificate: object,
    ) -> TestCard:
        """Issue a card and put it on record."""
        guid = CardGuid(label.encode().ljust(16, b"\x01"))
        ca = issuer or self.cas[card_type]
        keys = {
            KeySlot.CARD_AUTHENTICATION: pooled_key(f"{label} 9E"),
            KeySlot.AUTHENTICATION: pooled_key(f"{label} 9A"),
        }
        made = {
            KeySlot.CARD_AUTHENTICATION: ca.issue(
                keys[KeySlot.CARD_AUTHENTICATION],
                guid=guid,
                ekus=(PIV_CARD_AUTH,),
                **certificate,  # type: ignore[arg-type]  # test convenience
            ),
            KeySlot.AUTHENTICATION: ca.issue(
                keys[KeySlot.AUTHENTICATION], guid=guid, name="Nguyễn Văn Ân"
            ),
        }
        objects = {
            CERTIFICATE_OBJECT[slot]: encode_certificate_object(certificate_)
            for slot, certificate_ in made.items()
        }
        card = TestCard(guid, keys, made, objects)
        card.objects[ObjectTag.CHUID] = self.chuid(guid, expires_at.date())
        if on_record:
            self.put_on_record(card, card_type, state, expires_at)
        return card

    def put_on_record(
        self, card: TestCard, card_type: CardType, state: CardState, expires_at: datetime
    ) -> None:
        keys = tuple(
            KeyRecord(
                slot=slot,
                algorithm=algorithm_of(key.public_key()),
                spki_sha256=spki_sha256(key.public_key()),
                issuer_key_id=self.cas[card_type].key_id,
                serial=card.certificates[slot].serial_number,
                certificate_der=b"",
                not_after=expires_at,
            )
            for slot, key in card.keys.items()
        )
        record = CardRecord(card.guid, card_type, "holder", "application", state, expires_at, keys)
        self.cards.records[card.guid] = CardOnRecord(CardStanding.of(record), "Nguyễn Văn Ân")

    def set_state(self, card: TestCard, state: CardState) -> None:
        found = self.cards.records[card.guid]
        self.cards.records[card.guid] = structs.replace(
            found, card=structs.replace(found.card, state=state)
        )

    def chuid(
        self, guid: CardGuid, expires: date, *, signer: x509.Certificate | None = None
    ) -> bytes:
        unsigned = encode_chuid(guid, expires)
        settings = self.content_settings(signer)
        return attach_signature(
            unsigned, sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, settings)
        )

    def content_settings(self, signer: x509.Certificate | None = None) -> SignatureSettings:
        return SignatureSettings(
            certificate=signer or self.signer,
            sign=lambda octets: sign_octets(self.signer_key, octets),
        )
