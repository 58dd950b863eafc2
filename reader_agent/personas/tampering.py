"""What is done to a good card to make a bad one: each function is one attack.

After the GSA ICAM test cards (FRTC 1.3.3): manipulated data, copied credentials, manipulated
keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from cardsvc.card import tlv
from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from cardsvc.card.security_object import sign_security_object
from reader_agent.personas import pki
from reader_agent.personas.content import CardPlan, PersonaContent
from reader_agent.personas.realm import Realm
from reader_agent.virtual.state import CardState

Tamper: TypeAlias = Callable[[PersonaContent, CardState], None]


def flip(octets: bytes, marker: bytes, offset: int = 0) -> bytes:
    """Return octets with one bit changed, ``offset`` behind the last ``marker``."""
    at = octets.rindex(marker) + offset
    return octets[:at] + bytes([octets[at] ^ 0x01]) + octets[at + 1 :]


def other_card(realm: Realm, *, fingerprints: bool = False) -> PersonaContent:
    """Return a second good card of the realm, from which objects are copied."""
    return PersonaContent(realm, CardPlan("another", fingerprints=fingerprints))


def change_chuid(content: PersonaContent, state: CardState) -> None:
    """Give the CHUID another year without signing it again."""
    chuid = bytearray(state.objects[ObjectTag.CHUID])
    year = content.expires.strftime("%Y%m%d").encode()
    at = bytes(chuid).index(year) + 2
    chuid[at] = chuid[at] + 1 if chuid[at] < ord("9") else chuid[at] - 1
    state.put_object(ObjectTag.CHUID, bytes(chuid))


def change_certificate(slot: KeySlot) -> Tamper:
    """Change the serial number in a certificate; its signature is left as it was."""

    def tamper(content: PersonaContent, state: CardState) -> None:
        tag = CERTIFICATE_OBJECT[slot]
        serial = content.serial(slot).to_bytes(16, "big")
        state.put_object(tag, flip(state.objects[tag], serial, 15))

    return tamper


def change_last_octet_of_record(tag: ObjectTag) -> Tamper:
    """Change a biometric record without signing it again."""

    def tamper(_: PersonaContent, state: CardState) -> None:
        value = tlv.parse_unique(state.objects[tag])
        record = value[0xBC]
        end = 88 + int.from_bytes(record[2:6], "big")  # SP 800-76-2 table 14: record length
        changed = record[: end - 1] + bytes([record[end - 1] ^ 1]) + record[end:]
        state.put_object(tag, tlv.encode_all([(0xBC, changed), (0xFE, b"")]))

    return tamper


def change_security_object(_: PersonaContent, state: CardState) -> None:
    """Change a signed hash in the Security Object, to fit a changed Printed Information."""
    changed = flip(state.objects[ObjectTag.PRINTED_INFORMATION], b"\x05\x04", 5)
    octets = state.objects[ObjectTag.SECURITY_OBJECT]
    old = _sha256(state.objects[ObjectTag.PRINTED_INFORMATION])
    state.put_object(ObjectTag.SECURITY_OBJECT, octets.replace(old, _sha256(changed)))
    state.put_object(ObjectTag.PRINTED_INFORMATION, changed)


def change_printed(_: PersonaContent, state: CardState) -> None:
    """Change what Printed Information says, and nothing else."""
    octets = state.objects[ObjectTag.PRINTED_INFORMATION]
    state.put_object(ObjectTag.PRINTED_INFORMATION, flip(octets, b"\x05\x04", 5))


def sign_wrong_hash(content: PersonaContent, state: CardState) -> None:
    """Have the issuer sign a Security Object with a hash of something else."""
    covered = {
        tag: state.objects[tag]
        for tag in (ObjectTag.CHUID, ObjectTag.PRINTED_INFORMATION, ObjectTag.FACIAL_IMAGE)
    }
    covered[ObjectTag.FACIAL_IMAGE] += b"\x00"
    settings = content.settings(include_certificate=False)
    state.put_object(ObjectTag.SECURITY_OBJECT, sign_security_object(covered, settings))


def remove(tag: ObjectTag) -> Tamper:
    """Take an object off the card."""
    return lambda _, state: state.put_object(tag, b"")


def copy_objects(*tags: ObjectTag, fingerprints: bool = False) -> Tamper:
    """Copy objects from another good card, as octets."""

    def tamper(content: PersonaContent, state: CardState) -> None:
        others = other_card(content.realm, fingerprints=fingerprints).objects()
        for tag in tags:
            state.put_object(tag, others[tag])

    return tamper


def replace_keys(*slots: KeySlot) -> Tamper:
    """Put other private keys into the card: a copy of the objects has nothing better."""

    def tamper(_: PersonaContent, state: CardState) -> None:
        for slot in slots:
            state.put_key(slot, pki.new_key())

    return tamper


def substitute_key_pair(content: PersonaContent, state: CardState) -> None:
    """Give 9A a key of the attacker's, in a copy of its certificate that he signed himself."""
    attacker = pki.new_key()
    slot = KeySlot.AUTHENTICATION
    genuine = content.certificates[slot]
    builder = (
        x509.CertificateBuilder()
        .subject_name(genuine.subject)
        .issuer_name(genuine.issuer)
        .public_key(attacker.public_key())
        .serial_number(genuine.serial_number)
        .not_valid_before(genuine.not_valid_before_utc)
        .not_valid_after(genuine.not_valid_after_utc)
    )
    for extension in genuine.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    forged = builder.sign(pki.new_key(), hashes.SHA256())
    state.put_key(slot, attacker)
    state.put_object(CERTIFICATE_OBJECT[slot], encode_certificate_object(forged))


def block_pin(_: PersonaContent, state: CardState) -> None:
    """Leave no try on the PIN."""
    state.block_pin()


def one_try_left(_: PersonaContent, state: CardState) -> None:
    """Leave one try on the PIN."""
    state.pin = replace(state.pin, tries=1)


def another_pin(_: PersonaContent, state: CardState) -> None:
    """Set a PIN that is not the testers'."""
    state.set_pin("975310")


def _sha256(octets: bytes) -> bytes:

    return hashlib.sha256(octets).digest()
