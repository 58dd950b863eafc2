"""yubikit, the security-key maker's own Python library, drives a factory virtual card."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from yubikit.core import TRANSPORT
from yubikit.core.smartcard import SmartCardConnection
from yubikit.piv import (
    DEFAULT_MANAGEMENT_KEY,
    KEY_TYPE,
    MANAGEMENT_KEY_TYPE,
    OBJECT_ID,
    SLOT,
    InvalidPinError,
    PivSession,
)

from cardsvc.card.piv import Algorithm
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions


class InProcess(SmartCardConnection):
    """yubikit's own connection protocol over a virtual card."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        card.power_on()

    @property
    def transport(self) -> TRANSPORT:
        return TRANSPORT.USB

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        answer = self._card.transmit(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def close(self) -> None:
        self._card.power_off()


@pytest.fixture(params=[Algorithm.TDES, Algorithm.AES_192], ids=lambda one: one.name)
def session(request: pytest.FixtureRequest) -> PivSession:
    options = CardOptions(vendor=VendorInstructions.YUBICO)
    return PivSession(InProcess(VirtualCard(CardState.factory(request.param, options))))


@pytest.fixture
def managed(session: PivSession) -> PivSession:
    session.authenticate(DEFAULT_MANAGEMENT_KEY)
    session.verify_pin("123456")
    return session


@pytest.mark.parametrize("kind", [KEY_TYPE.ECCP256, KEY_TYPE.ECCP384])
def test_it_generates_and_signs(managed: PivSession, kind: KEY_TYPE) -> None:
    key = managed.generate_key(SLOT.AUTHENTICATION, kind)
    signature = managed.sign(SLOT.AUTHENTICATION, kind, b"message", hashes.SHA256())
    key.verify(signature, b"message", ec.ECDSA(hashes.SHA256()))


def test_it_deciphers_with_rsa(managed: PivSession) -> None:
    key = managed.generate_key(SLOT.KEY_MANAGEMENT, KEY_TYPE.RSA2048)
    sealed = key.encrypt(b"secret", padding.PKCS1v15())
    assert managed.decrypt(SLOT.KEY_MANAGEMENT, sealed, padding.PKCS1v15()) == b"secret"


def test_it_imports_a_key_and_derives(managed: PivSession) -> None:
    ours, peer = (ec.generate_private_key(ec.SECP384R1()) for _ in range(2))
    managed.put_key(SLOT.RETIRED1, ours)
    secret = managed.calculate_secret(SLOT.RETIRED1, peer.public_key())
    assert secret == ours.exchange(ec.ECDH(), peer.public_key())


def test_it_writes_large_objects(managed: PivSession) -> None:
    content = os.urandom(3000)
    managed.put_object(OBJECT_ID.CHUID, content)
    assert managed.get_object(OBJECT_ID.CHUID) == content


def test_it_changes_pin_puk_and_management_key(managed: PivSession) -> None:
    managed.change_pin("123456", "654321")
    managed.change_puk("12345678", "87654321")
    managed.unblock_pin("87654321", "111222")
    managed.verify_pin("111222")
    own = os.urandom(32)
    managed.set_management_key(MANAGEMENT_KEY_TYPE.AES256, own)
    assert managed.get_management_key_metadata().key_type is MANAGEMENT_KEY_TYPE.AES256
    managed.authenticate(own)


def test_it_counts_tries_and_resets(session: PivSession) -> None:
    with pytest.raises(InvalidPinError):
        session.verify_pin("000000")
    assert session.get_pin_attempts() == 2
    session.reset()
    assert session.get_pin_attempts() == 3
    session.verify_pin("123456")


def test_it_reads_metadata(managed: PivSession) -> None:
    managed.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256)
    assert managed.get_slot_metadata(SLOT.SIGNATURE).generated
    assert managed.get_pin_metadata().default_value
