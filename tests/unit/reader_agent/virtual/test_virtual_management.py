"""What the management key opens: two ways to prove it, writing, key pairs, vendors' additions."""

from __future__ import annotations

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from cardsvc.card import tlv
from cardsvc.card.apdu import CommandApdu
from cardsvc.card.connection import ApduTransport
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from cardsvc.card.public_key import parse_public_key
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import (
    MAX_OBJECT_OCTETS,
    CardOptions,
    CardState,
    ManagementKey,
    VendorInstructions,
)
from reader_agent.virtual.stored_key import KeyOrigin, PinPolicy

ALGORITHMS = [Algorithm.TDES, Algorithm.AES_128, Algorithm.AES_192, Algorithm.AES_256]
YUBICO = CardOptions(vendor=VendorInstructions.YUBICO)
OPENFIPS201 = CardOptions(vendor=VendorInstructions.OPENFIPS201)


class Host:
    """An administrator who knows the key and does the arithmetic with nothing of the card's."""

    def __init__(self, state: CardState) -> None:
        self.card = VirtualCard(state)
        self.transport = ApduTransport(connect_in_process(self.card))
        self.key = state.management_key
        self.send(0xA4, 0x04, 0x00, bytes.fromhex("A00000030800001000"))

    def send(
        self, ins: int, p1: int, p2: int, data: bytes = b"", status: int = 0x9000, ne: int = 256
    ) -> bytes:
        response = self.transport.send(CommandApdu(0, ins, p1, p2, data, ne))
        assert response.status == status
        return response.data

    def _cipher(self) -> Cipher[ECB]:
        octets = self.key.octets
        is_tdes = self.key.algorithm in (Algorithm.TDES, Algorithm.TDES_DEFAULT)
        return Cipher(TripleDES(octets) if is_tdes else AES(octets), ECB())

    def encrypt(self, block: bytes) -> bytes:
        return self._cipher().encryptor().update(block)

    def decrypt(self, block: bytes) -> bytes:
        return self._cipher().decryptor().update(block)

    def authenticate(self, algorithm: int | None = None, status: int = 0x9000) -> None:
        """External authentication (SP 800-73-5 Part 2 appendix A.1)."""
        p1 = self.key.algorithm if algorithm is None else algorithm
        challenge = self.send(0x87, p1, 0x9B, bytes.fromhex("7C028100"))[4:]
        answer = tlv.encode(0x7C, tlv.encode(0x82, self.encrypt(challenge)))
        self.send(0x87, p1, 0x9B, answer, status)

    def authenticate_mutually(self) -> None:
        p1 = self.key.algorithm
        witness = self.send(0x87, p1, 0x9B, bytes.fromhex("7C028000"))[4:]
        challenge = bytes(range(len(witness)))
        proof = tlv.encode_all([(0x80, self.decrypt(witness)), (0x81, challenge), (0x82, b"")])
        answer = self.send(0x87, p1, 0x9B, tlv.encode(0x7C, proof))
        assert answer == tlv.encode(0x7C, tlv.encode(0x82, self.encrypt(challenge)))

    def put(self, tag: int, content: bytes, status: int = 0x9000) -> None:
        named = tlv.encode(0x5C, tlv.encode_tag(tag)) + tlv.encode(0x53, content)
        self.send(0xDB, 0x3F, 0xFF, named, status)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_external_and_mutual_authentication(algorithm: Algorithm) -> None:
    for way in (Host.authenticate, Host.authenticate_mutually):
        host = Host(CardState.factory(algorithm))
        host.put(ObjectTag.CHUID, b"\x34\x00", 0x6982)
        way(host)
        host.put(ObjectTag.CHUID, b"\x34\x00")


def test_3des_answers_to_both_of_its_numbers() -> None:
    Host(CardState.factory(Algorithm.TDES)).authenticate(Algorithm.TDES_DEFAULT)
    Host(CardState.factory(Algorithm.TDES_DEFAULT)).authenticate(Algorithm.TDES)


def test_a_wrong_key_or_a_late_answer_opens_nothing() -> None:
    host = Host(CardState.factory())
    host.key = ManagementKey(Algorithm.AES_192, bytes(24))
    host.authenticate(status=0x6982)
    host.key = ManagementKey.default(Algorithm.AES_192)
    challenge = host.send(0x87, 0x0A, 0x9B, bytes.fromhex("7C028100"))[4:]
    host.send(0x20, 0x00, 0x80, status=0x63C3)
    answer = tlv.encode(0x7C, tlv.encode(0x82, host.encrypt(challenge)))
    host.send(0x87, 0x0A, 0x9B, answer, 0x6985)
    host.put(ObjectTag.CHUID, b"\x34\x00", 0x6982)


def test_an_administrator_who_fails_afterwards_is_one_no_longer() -> None:
    host = Host(CardState.factory())
    host.authenticate()
    host.send(0x87, 0x0A, 0x9B, bytes.fromhex("7C028100"))
    host.put(ObjectTag.CHUID, b"\x34\x00", 0x6982)


def test_internal_authentication_is_for_who_has_proven_the_key() -> None:
    host = Host(CardState.factory())
    ask = tlv.encode(0x7C, tlv.encode_all([(0x81, bytes(16)), (0x82, b"")]))
    host.send(0x87, 0x0A, 0x9B, ask, 0x6982)
    host.authenticate()
    assert host.send(0x87, 0x0A, 0x9B, ask)[4:] == host.encrypt(bytes(16))


def test_objects_are_written_replaced_and_deleted() -> None:
    host = Host(CardState.factory())
    host.authenticate()
    photo = bytes(range(256)) * 80
    host.put(ObjectTag.FACIAL_IMAGE, photo)
    host.put(ObjectTag.CHUID, b"\x34\x00")
    host.put(ObjectTag.CHUID, b"")
    host.send(0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC102"), 0x6A82)
    host.send(0xDB, 0x3F, 0xFF, tlv.encode(0x7E, b"\x4f\x00"))
    assert host.send(0xCB, 0x3F, 0xFF, bytes.fromhex("5C017E")) == bytes.fromhex("7E024F00")
    host.send(0x20, 0x00, 0x80, b"123456\xff\xff")
    read = host.send(0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC108"))
    assert read == tlv.encode(0x53, photo)


def test_objects_too_large_unknown_or_ill_formed_change_nothing() -> None:
    host = Host(CardState.factory())
    host.authenticate()
    before = dict(host.card.state.objects)
    host.put(ObjectTag.FACIAL_IMAGE, bytes(MAX_OBJECT_OCTETS + 1), 0x6A84)
    host.put(0x5FC1FF, b"x", 0x6A81)
    host.put(0x5FFF01, b"x", 0x6A81)
    for junk in ("", "5C035FC102", "5C035FC102530201", "53005C035FC102", "5C035FC10253005300"):
        host.send(0xDB, 0x3F, 0xFF, bytes.fromhex(junk), 0x6A80)
    assert host.card.state.objects == before


@pytest.mark.parametrize("slot", [KeySlot.AUTHENTICATION, KeySlot.RETIRED_20])
def test_a_key_pair_is_made_and_signs(slot: KeySlot) -> None:
    host = Host(CardState.factory())
    host.authenticate()
    made = host.send(0x47, 0x00, slot, bytes.fromhex("AC03800111"))
    key = parse_public_key(made, Algorithm.ECC_P256)
    stored = host.card.state.keys[slot]
    assert stored.origin is KeyOrigin.GENERATED
    assert key == stored.private_key.public_key()


def test_algorithms_a_card_does_not_have_are_refused() -> None:
    host = Host(CardState.factory())
    host.authenticate()
    for control in ("AC03800106", "AC03800116", "AC0380010A", "AC0480021111", "AC00", "8001 11"):
        host.send(0x47, 0x00, 0x9A, bytes.fromhex(control), 0x6A80)
    host.send(0x47, 0x00, 0x9A, bytes.fromhex("AC06800111AA0103"), 0x6A80)
    assert not host.card.state.keys


def test_a_security_key_changes_its_management_key() -> None:
    host = Host(CardState.factory(Algorithm.TDES, YUBICO))
    new = ManagementKey(Algorithm.AES_256, bytes(range(32)))
    data = bytes([new.algorithm, 0x9B, 32]) + new.octets
    host.send(0xFF, 0xFF, 0xFF, data, 0x6982)
    host.authenticate()
    host.send(0xFF, 0xFF, 0xFF, data[:-1], 0x6A80)
    host.send(0xFF, 0xFF, 0xFF, bytes([0x0A, 0x9B, 32]) + new.octets, 0x6A80)
    host.send(0xFF, 0x00, 0xFF, data, 0x6A86)
    host.send(0xFF, 0xFF, 0xFF, data)
    host.key = new
    host.authenticate()


def _ec_parts(key: ec.EllipticCurvePrivateKey) -> list[tuple[int, bytes]]:
    return [(0x06, key.private_numbers().private_value.to_bytes(key.key_size // 8, "big"))]


def _rsa_parts(key: rsa.RSAPrivateKey) -> list[tuple[int, bytes]]:
    numbers = key.private_numbers()
    values = (numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    return [(n, value.to_bytes(key.key_size // 16, "big")) for n, value in enumerate(values, 1)]


def test_a_security_key_takes_keys_in(
    rsa_2048: rsa.RSAPrivateKey, rsa_3072: rsa.RSAPrivateKey
) -> None:
    host = Host(CardState.factory(options=YUBICO))
    p256, p384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
    plan: list[tuple[KeySlot, Algorithm, list[tuple[int, bytes]], object]] = [
        (KeySlot.AUTHENTICATION, Algorithm.ECC_P256, _ec_parts(p256), p256),
        (KeySlot.SIGNATURE, Algorithm.ECC_P384, _ec_parts(p384), p384),
        (KeySlot.KEY_MANAGEMENT, Algorithm.RSA_2048, _rsa_parts(rsa_2048), rsa_2048),
        (KeySlot.RETIRED_3, Algorithm.RSA_3072, _rsa_parts(rsa_3072), rsa_3072),
    ]
    host.send(0xFE, 0x11, 0x9A, tlv.encode_all(_ec_parts(p256)), 0x6982)
    host.authenticate()
    for slot, algorithm, parts, key in plan:
        host.send(0xFE, algorithm, slot, tlv.encode_all([*parts, (0xAA, b"\x03")]))
        stored = host.card.state.keys[slot]
        assert (stored.origin, stored.pin_policy) == (KeyOrigin.IMPORTED, PinPolicy.ALWAYS)
        assert stored.private_key.private_numbers() == key.private_numbers()  # type: ignore[attr-defined]
    for p1, p2, parts, status in (
        (0x14, 0x9A, _ec_parts(p256), 0x6A80),
        (0x11, 0x9A, [(0x06, bytes(32))], 0x6A80),
        (0x07, 0x9A, _rsa_parts(rsa_3072), 0x6A80),
        (0x07, 0x9A, [(n, b"\x01" * 128) for n in range(1, 6)], 0x6A80),
        (0x07, 0x9A, _ec_parts(p256), 0x6A80),
        (0x11, 0x9B, _ec_parts(p256), 0x6A86),
        (0x06, 0x9A, _ec_parts(p256), 0x6A86),
        (0x11, 0x9A, [*_ec_parts(p256), (0xAA, b"\x07")], 0x6A80),
    ):
        host.send(0xFE, p1, p2, tlv.encode_all(parts), status)


def test_a_security_key_tells_about_itself() -> None:
    state = CardState.factory(options=YUBICO, serial=0x01020304)
    state.put_key(KeySlot.AUTHENTICATION, ec.derive_private_key(5, ec.SECP256R1()))
    host = Host(state)
    assert len(host.send(0xFD, 0, 0)) == 3
    assert host.send(0xF8, 0, 0) == bytes.fromhex("01020304")
    told = tlv.parse_unique(host.send(0xF7, 0, 0x9A))
    assert (told[1], told[2], told[3]) == (b"\x11", b"\x02\x01", b"\x02")
    assert tlv.parse_unique(host.send(0xF7, 0, 0x80))[6] == b"\x03\x03"
    host.send(0xF7, 0, 0x9C, status=0x6A88)
    told = tlv.parse_unique(host.send(0xF7, 0, 0x9B))
    assert (told[1], told[5]) == (b"\x0a", b"\x01")
    silent = CardOptions(vendor=VendorInstructions.YUBICO, management_metadata=False)
    Host(CardState.factory(options=silent)).send(0xF7, 0, 0x9B, status=0x6A88)


def test_a_security_key_is_reset_once_pin_and_puk_are_blocked() -> None:
    state = CardState.factory(Algorithm.TDES, YUBICO)
    state.put_key(KeySlot.AUTHENTICATION, ec.derive_private_key(5, ec.SECP256R1()))
    state.block_pin()
    host = Host(state)
    host.send(0xFB, 0, 0, status=0x6985)
    for tries in (2, 1, 0):
        host.send(0x2C, 0, 0x80, b"00000000111111\xff\xff", 0x63C0 | tries)
    host.send(0xFB, 0, 0)
    assert host.card.state == CardState.factory(Algorithm.TDES, YUBICO)


def test_a_security_key_sets_the_tries() -> None:
    host = Host(CardState.factory(options=YUBICO))
    host.send(0xFA, 5, 7, status=0x6982)
    host.authenticate()
    host.send(0xFA, 5, 7, status=0x6982)
    host.send(0x20, 0, 0x80, b"123456\xff\xff")
    host.send(0xFA, 0, 7, status=0x6A80)
    host.send(0xFA, 5, 7)
    assert (host.card.state.pin.tries, host.card.state.puk.tries) == (5, 7)


def test_openfips201_sets_its_key_and_pins_as_administrator() -> None:
    host = Host(CardState.factory(Algorithm.AES_128, OPENFIPS201))
    new = bytes(range(16))
    data = tlv.encode(0x30, tlv.encode(0x80, new))
    host.send(0x24, 0x08, 0x9B, data, 0x6982)
    host.send(0x24, 0xFF, 0x80, b"222222\xff\xff", 0x6982)
    host.authenticate()
    host.send(0x24, 0xFF, 0x80, b"222222\xff\xff")
    host.send(0x24, 0xFF, 0x81, b"99999999")
    host.send(0x24, 0xFF, 0x80, b"22\xff\xff\xff\xff\xff\xff", 0x6A80)
    host.send(0xDB, 0x3F, 0x00, bytes.fromhex("64088B035FC1028C017F"))
    host.send(0xDB, 0x3F, 0x00, bytes.fromhex("6A00"), 0x6A80)
    host.send(0x24, 0x0A, 0x9B, data, 0x6A88)
    host.send(0x24, 0x11, 0x9B, data, 0x6A86)
    host.send(0x24, 0x08, 0x9C, data, 0x6A88)
    host.send(0x24, 0x08, 0x9B, data[:-1], 0x6A80)
    host.send(0x24, 0x08, 0x9B, data)
    host.put(ObjectTag.CHUID, b"x", 0x6982)
    host.key = ManagementKey(Algorithm.AES_128, new)
    host.authenticate()
    host.put(ObjectTag.CHUID, b"x")
    host.send(0x20, 0, 0x80, b"222222\xff\xff")
    host.send(0x24, 0, 0x80, b"222222\xff\xff333333\xff\xff")


def test_a_card_without_curves_makes_and_takes_rsa_only() -> None:
    options = CardOptions(vendor=VendorInstructions.YUBICO, rsa_only=True)
    host = Host(CardState.factory(Algorithm.TDES, options))
    named = host.send(0xA4, 0x04, 0x00, bytes.fromhex("A00000030800001000"))
    assert bytes.fromhex("800107") in named
    assert bytes.fromhex("800111") not in named
    assert bytes.fromhex("800114") not in named
    host.authenticate()
    for curve in (0x11, 0x14):
        control = bytes.fromhex("AC038001") + bytes([curve])
        host.send(0x47, 0x00, 0x9A, control, status=0x6A80)
        host.send(0xFE, curve, 0x9A, tlv.encode(0x06, bytes(31) + b"\x05"), status=0x6A86)
    host.send(0x47, 0x00, 0x9A, bytes.fromhex("AC03800107"))
    assert isinstance(host.card.state.keys[KeySlot.AUTHENTICATION].private_key, rsa.RSAPrivateKey)
