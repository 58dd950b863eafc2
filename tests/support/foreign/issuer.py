"""Issuers of foreign cards: a federal agency, a PIV-I issuer, one older than the GUID."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.foreign import content as c
from tests.support.foreign import pki
from tests.support.foreign.card import ForeignCard
from tests.support.foreign.keys import PrivateKey, key
from tests.support.foreign.pki import END, Authority, Extension
from tests.support.foreign.signing import Signer

CARD_AUTH, CONTENT_SIGNING = "2.16.840.1.101.3.6.8", "2.16.840.1.101.3.6.7"
PIVI_CONTENT_SIGNING = "2.16.840.1.101.3.8.7"
CLIENT_AUTH, LOGON, PKINIT = "1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2", "1.3.6.1.5.2.3.4"
SECURE_SHELL, EMAIL, ANY = "1.3.6.1.5.5.7.3.21", "1.3.6.1.5.5.7.3.4", "2.5.29.37.0"
DOCUMENTS, ENCRYPTED_FILES = "1.3.6.1.4.1.311.10.3.12", "1.3.6.1.4.1.311.10.3.4"
NACI = pki.raw("2.16.840.1.101.3.6.9.1", b"\x01\x01\x00")

SLOTS = {0x9A: c.AUTH, 0x9C: c.SIGN, 0x9D: c.MANAGE, 0x9E: c.CARD} | {
    0x82 + number: 0x5FC10D + number for number in range(20)
}


@dataclass
class Issuer:
    """A CA with a content signer.

    Args:
        authority: what issues certificates.
        signer: what signs objects.
        federal: cards carry a federal FASC-N; else fourteen nines, and the GUID counts.
    """

    authority: Authority
    signer: Signer
    federal: bool = True

    @property
    def chain(self) -> list[Authority]:
        found, at = [], self.authority
        while at is not None:
            found.append(at)
            at = at.above
        return found

    def trust(self) -> list[bytes]:
        return [one.certificate.public_bytes(Encoding.DER) for one in self.chain]

    def crls(self, *revoked: x509.Certificate, **options: object) -> list[bytes]:
        """One CRL of every CA, the issuing one's with what is revoked."""
        issuing, *above = self.chain
        return [issuing.crl(*revoked, **options), *(one.crl() for one in above)]  # type: ignore[arg-type]


def content_signer(
    authority: Authority,
    common: str = "Content Signer",
    kind: str = "rsa2048",
    *,
    usage: str = CONTENT_SIGNING,
    critical: bool = True,
    **options: object,
) -> Signer:
    private = key(kind, common)
    extensions = [
        pki.usage("digital_signature"),
        pki.extended(usage, critical=critical),
        pki.policies(86),
    ]
    certificate = authority.issue(pki.name(common), private.public_key(), extensions, **options)  # type: ignore[arg-type]
    return Signer(certificate, private)


@cache
def federal() -> Issuer:
    """RSA throughout: a root, an issuing CA with policies, path length 0."""
    top = pki.root("Federal Root CA", "rsa2048")
    issuing = top.below("Federal Issuing CA", "rsa3072", pki.policies(9, 11, 13, 86), path_length=0)
    return Issuer(issuing, content_signer(issuing))


@cache
def elliptic() -> Issuer:
    """P-384 CAs, P-256 content signer."""
    top = pki.root("Elliptic Root CA", "p384")
    issuing = top.below("Elliptic Issuing CA", "p384", pki.policies(9, 11, 13, 86))
    return Issuer(issuing, content_signer(issuing, "Elliptic Content Signer", "p256"))


@cache
def pivi() -> Issuer:
    """A PIV-I issuer behind a cross certificate that maps its policies to the federal ones."""
    top = federal().authority.above
    assert top is not None
    bridge = top.below(
        "Bridge CA",
        "p384",
        pki.policies(78, 79, 80, 3, 4),
        pki.mappings((78, 248), (79, 249), (80, 252), (3, 250), (4, 251)),
        (x509.PolicyConstraints(0, None), True),
        (x509.InhibitAnyPolicy(0), True),
        (
            x509.NameConstraints(None, [x509.DirectoryName(pki.name("Federal Issuing CA"))]),
            True,
        ),
    )
    issuing = bridge.below("PIV-I Issuing CA", "rsa2048", pki.policies(248, 249, 250, 251, 252))
    private = key("rsa2048", "PIV-I Content Signer")
    extensions = [
        pki.usage("digital_signature"),
        pki.extended(PIVI_CONTENT_SIGNING, critical=True),
        pki.policies(252),
    ]
    certificate = issuing.issue(pki.name("PIV-I Content Signer"), private.public_key(), extensions)
    return Issuer(issuing, Signer(certificate, private), federal=False)


@dataclass
class Blueprint:
    """A card to be: change what is to differ, then ``seal`` and ``card``.

    Args:
        issuer: who makes it.
        serial: tells cards of one issuer apart.
        kinds: key kind by slot.
    """

    issuer: Issuer
    serial: str = "092446"
    kinds: dict[int, str] = field(
        default_factory=lambda: dict.fromkeys((0x9A, 0x9C, 0x9D, 0x9E), "rsa2048")
    )
    expires: dt.datetime = END
    uuid_first: bool = False
    begin: dt.datetime = pki.BEGIN
    objects: dict[int, bytes] = field(default_factory=dict)
    keys: dict[int, PrivateKey] = field(default_factory=dict)
    certificates: dict[int, x509.Certificate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.card_uuid = uuid.uuid5(uuid.NAMESPACE_OID, f"foreign card {self.serial}")
        self.fascn = c.fascn("3201", self.serial) if self.issuer.federal else c.NINES

    @property
    def signer(self) -> Signer:
        return self.issuer.signer

    def names(self, *others: x509.GeneralName) -> Extension:
        found = [pki.urn_name(self.card_uuid)]
        if self.issuer.federal:
            found.insert(1 if self.uuid_first else 0, pki.fascn_name(self.fascn))
        return x509.SubjectAlternativeName([*others, *found]), False

    def profile(self, slot: int) -> tuple[x509.Name, list[Extension]]:
        """Return subject and extensions of a slot, as the Common Policy profiles list them."""
        holder = pki.name(f"JOHN DOE {self.serial}")
        slot = 0x9D if slot < 0x9A else slot  # retired keys were key management keys
        if not self.issuer.federal:
            arcs = {0x9A: 248, 0x9C: 251, 0x9D: 250, 0x9E: 249}
        else:
            arcs = {0x9A: 11, 0x9C: 9, 0x9D: 9, 0x9E: 13}
        policy = pki.policies(arcs[slot])
        if slot == 0x9A:
            every = [LOGON, CLIENT_AUTH, PKINIT, SECURE_SHELL, ANY]
            upn = pki.upn_name("john.doe@example.gov")
            return holder, [
                pki.usage("digital_signature"), pki.extended(*every), policy, NACI, self.names(upn)
            ]  # fmt: skip
        if slot == 0x9E:
            subject = pki.name(serial=self.fascn.hex().upper() if self.issuer.federal else
                               str(self.card_uuid))  # fmt: skip
            return subject, [
                pki.usage("digital_signature"), pki.extended(CARD_AUTH, critical=True), policy,
                NACI, self.names(),
            ]  # fmt: skip
        mail = x509.SubjectAlternativeName([x509.RFC822Name("john.doe@example.gov")]), False
        if slot == 0x9C:
            return holder, [
                pki.usage("digital_signature", "content_commitment"),
                pki.extended(EMAIL, DOCUMENTS, ANY), policy, mail,
            ]  # fmt: skip
        is_rsa = self.kinds.get(slot, "rsa").startswith("rsa")
        return holder, [
            pki.usage("key_encipherment" if is_rsa else "key_agreement"),
            pki.extended(EMAIL, ENCRYPTED_FILES, ANY), policy, mail,
        ]  # fmt: skip

    def certify(self, slot: int, *more: Extension, **options) -> x509.Certificate:
        """Make a slot's key and certificate and put both on the card."""
        subject, extensions = self.profile(slot)
        extensions = options.pop("extensions", extensions)
        subject = options.pop("subject", subject)
        authority = options.pop("authority", self.issuer.authority)
        private = key(self.kinds.get(slot, "rsa2048"), f"{slot:02x} {self.serial}")
        options = {"end": self.expires, "begin": self.begin} | options
        found = authority.issue(subject, private.public_key(), [*extensions, *more], **options)
        self.keys[slot] = private
        self.certificates[slot] = found
        self.objects[SLOTS[slot]] = c.certificate(found)
        return found

    def fill(self, slots: Iterable[int] = (0x9A, 0x9C, 0x9D, 0x9E)) -> Blueprint:
        """Put everything on the card but the Security Object."""
        for slot in slots:
            self.certify(slot)
        day = self.expires.date()
        self.objects |= {
            c.CHUID: c.chuid(self.signer, self.fascn, self.card_uuid.bytes, day),
            c.FACE: c.biometric(
                self.signer, self.fascn, self.card_uuid, c.face_record(), end=self.expires
            ),
            c.FINGERS: c.biometric(
                self.signer, self.fascn, self.card_uuid, c.finger_record(), kind=8, form=0x0201,
                end=self.expires,
            ),
            c.PRINTED: c.printed(day),
            c.CCC: c.ccc(),
            c.DISCOVERY: c.discovery(),
        }  # fmt: skip
        return self

    def seal(self, **options: object) -> Blueprint:
        """Write the Security Object over what is on the card now."""
        covered = {
            tag: held
            for tag, held in self.objects.items()
            if tag in (c.CCC, c.CHUID, c.FACE, c.FINGERS, c.PRINTED, c.DISCOVERY, c.HISTORY, c.IRIS)
        }
        self.objects[c.SECURITY] = c.security_object(self.signer, covered, **options)  # type: ignore[arg-type]
        return self

    def card(self, **options) -> ForeignCard:
        return ForeignCard(dict(self.objects), dict(self.keys), **options)
