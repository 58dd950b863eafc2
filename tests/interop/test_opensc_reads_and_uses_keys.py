"""OpenSC lists a virtual card, logs in, signs, deciphers and agrees; OpenSSL checks the outcome."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from cardsvc.card import tlv
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot, ObjectTag
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, CardState
from tests.support.pcscd import ForeignTools
from tests.support.virtual_cards import PrivateKey, put_key_and_certificate

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc]

InsertCard = Callable[[CardState], VirtualCard]
LOGIN = ("--login", "--pin", "123456")
PKCS11_ID = {
    KeySlot.AUTHENTICATION: "01",
    KeySlot.SIGNATURE: "02",
    KeySlot.KEY_MANAGEMENT: "03",
    KeySlot.CARD_AUTHENTICATION: "04",
    KeySlot.RETIRED_1: "05",
    KeySlot.RETIRED_2: "06",
}


@pytest.fixture(scope="module")
def keys() -> dict[KeySlot, PrivateKey]:
    return {
        KeySlot.AUTHENTICATION: ec.generate_private_key(ec.SECP256R1()),
        KeySlot.SIGNATURE: ec.generate_private_key(ec.SECP384R1()),
        KeySlot.KEY_MANAGEMENT: ec.generate_private_key(ec.SECP256R1()),
        KeySlot.CARD_AUTHENTICATION: ec.generate_private_key(ec.SECP256R1()),
        KeySlot.RETIRED_1: rsa.generate_private_key(65537, 2048),
        KeySlot.RETIRED_2: rsa.generate_private_key(65537, 3072),
    }


@pytest.fixture(params=[False, True], ids=["extended", "short-only"])
def card(
    request: pytest.FixtureRequest, keys: dict[KeySlot, PrivateKey], insert_card: InsertCard
) -> VirtualCard:
    state = CardState.factory(options=CardOptions(short_apdus_only=request.param))
    for slot, key in keys.items():
        put_key_and_certificate(state, slot, key)
    history = [(0xC1, b"\x02"), (0xC2, b"\x00"), (0xF3, b""), (0xFE, b"")]
    state.put_object(ObjectTag.KEY_HISTORY, tlv.encode_all(history))
    return insert_card(state)


def test_the_card_is_found_and_everything_on_it_listed(
    card: VirtualCard, opensc: ForeignTools
) -> None:
    assert "Personal Identity Verification Card" in opensc.run("opensc-tool", "--name")
    atr = opensc.run("opensc-tool", "--atr").split("\n", maxsplit=1)[0].strip()
    assert bytes.fromhex(atr.replace(":", "")) == card.atr
    dump = opensc.run("pkcs15-tool", "--dump")
    assert "X.509 Certificate [Certificate for PIV Authentication]" in dump
    assert "Data object 'Discovery Object'" in dump
    listed = opensc.run("pkcs15-tool", "--list-certificates")
    assert all(f"ID             : {number}" in listed for number in PKCS11_ID.values())


def test_certificates_are_read_octet_for_octet(card: VirtualCard, opensc: ForeignTools) -> None:
    for slot, number in PKCS11_ID.items():
        opensc.run("pkcs15-tool", "--read-certificate", number, "--output", "read.pem")
        read = x509.load_pem_x509_certificate((opensc.folder / "read.pem").read_bytes())
        stored = tlv.parse_unique(card.state.objects[CERTIFICATE_OBJECT[slot]])[0x70]
        assert read.public_bytes(serialization.Encoding.DER) == stored


def test_ecdsa_with_p256_and_p384_and_the_pin_each_slot_wants(
    card: VirtualCard, opensc: ForeignTools, keys: dict[KeySlot, PrivateKey]
) -> None:
    ecdsa_slots = (KeySlot.AUTHENTICATION, KeySlot.SIGNATURE, KeySlot.CARD_AUTHENTICATION)
    for slot in ecdsa_slots:
        public_key = keys[slot].public_key()
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        algorithm = hashes.SHA256() if public_key.key_size == 256 else hashes.SHA384()
        digest = bytes(range(algorithm.digest_size))
        (opensc.folder / "digest").write_bytes(digest)
        opensc.run(
            *("pkcs11-tool", *LOGIN, "--sign", "--mechanism", "ECDSA", "--id", PKCS11_ID[slot]),
            *("--input-file", "digest", "--output-file", "der", "--signature-format", "openssl"),
        )
        signature = (opensc.folder / "der").read_bytes()
        public_key.verify(signature, digest, ec.ECDSA(Prehashed(algorithm)))


@pytest.mark.parametrize("slot", [KeySlot.RETIRED_1, KeySlot.RETIRED_2])
def test_rsa_signs_and_deciphers(
    card: VirtualCard, opensc: ForeignTools, keys: dict[KeySlot, PrivateKey], slot: KeySlot
) -> None:
    number = PKCS11_ID[slot]
    public_key = keys[slot].public_key()
    assert isinstance(public_key, rsa.RSAPublicKey)
    (opensc.folder / "public.pem").write_bytes(
        public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    (opensc.folder / "text").write_bytes(b"thirty-two octets to be signed..")
    sign = ("pkcs11-tool", *LOGIN, "--sign", "--id", number, "--input-file", "text")
    for mechanism, *options in (
        ("SHA256-RSA-PKCS",),
        ("SHA256-RSA-PKCS-PSS", "-sigopt", "rsa_padding_mode:pss"),
    ):
        opensc.run(*sign, "--mechanism", mechanism, "--output-file", "signature")
        verdict = opensc.run(
            *("openssl", "dgst", "-sha256", "-verify", "public.pem", *options),
            *("-signature", "signature", "text"),
        )
        assert "Verified OK" in verdict
    secret = public_key.encrypt(b"a session key", padding.PKCS1v15())
    (opensc.folder / "secret").write_bytes(secret)
    opensc.run(
        *("pkcs11-tool", *LOGIN, "--decrypt", "--mechanism", "RSA-PKCS", "--id", number),
        *("--input-file", "secret", "--output-file", "plain"),
    )
    assert (opensc.folder / "plain").read_bytes() == b"a session key"


def test_ecdh_agrees_with_the_key_management_key(
    card: VirtualCard, opensc: ForeignTools, keys: dict[KeySlot, PrivateKey]
) -> None:
    key = keys[KeySlot.KEY_MANAGEMENT]
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    peer = ec.generate_private_key(ec.SECP256R1()).public_key()
    (opensc.folder / "peer.der").write_bytes(
        peer.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    opensc.run(
        *("pkcs11-tool", *LOGIN, "--derive", "--mechanism", "ECDH1-DERIVE"),
        *("--id", "03", "--input-file", "peer.der", "--output-file", "z"),
    )
    assert (opensc.folder / "z").read_bytes() == key.exchange(ec.ECDH(), peer)
