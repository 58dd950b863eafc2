"""OpenSC proves the management key, makes keys, writes objects, and handles PIN and PUK.

piv-tool 0.23 has two faults of its own under OpenSSL 3, so two things are done around it:
external authentication (``-A A:``) stops before its answer is sent (OpenSC issue 2658): mutual
authentication (``-A M:``) is used; ``-G`` has the key made, then can't print it (issue 3156): the
key is judged by what it signs afterwards.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from cardsvc.card import tlv
from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardState
from reader_agent.virtual.stored_key import KeyOrigin
from tests.support.pcscd import ForeignTools
from tests.support.virtual_cards import self_signed

pytestmark = [pytest.mark.pcsc, pytest.mark.opensc]

InsertCard = Callable[[CardState], VirtualCard]
MANAGEMENT_ALGORITHMS = [
    Algorithm.TDES,
    Algorithm.AES_128,
    Algorithm.AES_192,
    Algorithm.AES_256,
]


class Administrator:
    """piv-tool with the management key in its environment."""

    def __init__(self, tools: ForeignTools, card: VirtualCard) -> None:
        key = card.state.management_key
        file = tools.folder / "management.key"
        file.write_text(key.octets.hex(":"), "ascii")
        self._tools = tools
        self._environment = {"PIV_EXT_AUTH_KEY": str(file)}
        self._admin = ("--admin", f"M:9B:{key.algorithm:02X}")

    def run(self, *command: str) -> str:
        # piv-tool's status is the number of octets written, or a negative error, modulo 256.
        return self._tools.run(
            "piv-tool", *self._admin, *command, succeeds=None, environment=self._environment
        )


def _tries(card: VirtualCard) -> tuple[int, int]:
    return card.state.pin.tries, card.state.puk.tries


@pytest.mark.parametrize("algorithm", MANAGEMENT_ALGORITHMS, ids=lambda a: a.name)
def test_the_management_key_is_proven_and_objects_are_written(
    insert_card: InsertCard, opensc: ForeignTools, algorithm: Algorithm
) -> None:
    card = insert_card(CardState.factory(algorithm))
    chuid = tlv.encode_all([(0x34, bytes(range(16))), (0x3E, b""), (0xFE, b"")])
    (opensc.folder / "chuid").write_bytes(tlv.encode(0x53, chuid))
    Administrator(opensc, card).run("--object", "3000", "--in", "chuid")
    assert card.state.objects[ObjectTag.CHUID] == chuid


def test_a_wrong_management_key_writes_nothing(
    insert_card: InsertCard, opensc: ForeignTools
) -> None:
    card = insert_card(CardState.factory(Algorithm.AES_192))
    administrator = Administrator(opensc, card)
    (opensc.folder / "management.key").write_text(bytes(24).hex(":"), "ascii")
    (opensc.folder / "chuid").write_bytes(bytes.fromhex("53023400"))
    printed = administrator.run("--object", "3000", "--in", "chuid")
    assert "admin_mode failed" in printed
    assert ObjectTag.CHUID not in card.state.objects


@pytest.mark.parametrize(
    ("slot", "algorithm", "number"),
    [
        (KeySlot.AUTHENTICATION, Algorithm.ECC_P256, "01"),
        (KeySlot.SIGNATURE, Algorithm.ECC_P384, "02"),
        (KeySlot.KEY_MANAGEMENT, Algorithm.RSA_2048, "03"),
        (KeySlot.CARD_AUTHENTICATION, Algorithm.RSA_3072, "04"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_key_is_made_gets_its_certificate_and_signs(
    insert_card: InsertCard,
    opensc: ForeignTools,
    slot: KeySlot,
    algorithm: Algorithm,
    number: str,
) -> None:
    card = insert_card(CardState.factory())
    administrator = Administrator(opensc, card)
    administrator.run("--genkey", f"{slot:02X}:{algorithm:02X}", "--out", "public")
    made = card.state.keys[slot]
    assert (made.algorithm, made.origin) == (algorithm, KeyOrigin.GENERATED)
    certificate = self_signed(made.private_key, "made on the card")
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (opensc.folder / "certificate.pem").write_bytes(pem)
    administrator.run("--cert", f"{slot:02X}", "--in", "certificate.pem")
    opensc.run("pkcs15-tool", "--read-certificate", number, "--output", "read.pem")
    assert (opensc.folder / "read.pem").read_bytes() == pem
    (opensc.folder / "text").write_bytes(b"signed by a key that never leaves")
    is_rsa = isinstance(made.private_key, rsa.RSAPrivateKey)
    digest = hashes.SHA384() if algorithm is Algorithm.ECC_P384 else hashes.SHA256()
    mechanism = "SHA256-RSA-PKCS" if is_rsa else f"ECDSA-{digest.name.upper()}"
    opensc.run(
        *("pkcs11-tool", "--login", "--pin", "123456", "--sign", "--mechanism", mechanism),
        *("--id", number, "--input-file", "text", "--output-file", "signature"),
        *("--signature-format", "openssl"),
    )
    signature = (opensc.folder / "signature").read_bytes()
    text = (opensc.folder / "text").read_bytes()
    public_key = made.private_key.public_key()
    if isinstance(public_key, rsa.RSAPublicKey):
        public_key.verify(signature, text, padding.PKCS1v15(), digest)
    else:
        public_key.verify(signature, text, ec.ECDSA(digest))


def test_a_compressed_certificate_is_written_and_read(
    insert_card: InsertCard, opensc: ForeignTools
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    state = CardState.factory()
    state.put_key(KeySlot.AUTHENTICATION, key)
    card = insert_card(state)
    certificate = self_signed(key, "compressed")
    der = certificate.public_bytes(serialization.Encoding.DER)
    (opensc.folder / "certificate.gz").write_bytes(gzip.compress(der))
    Administrator(opensc, card).run("--compresscert", "9A", "--in", "certificate.gz")
    opensc.run("pkcs15-tool", "--read-certificate", "01", "--output", "read.pem")
    read = (opensc.folder / "read.pem").read_bytes()
    assert read == certificate.public_bytes(serialization.Encoding.PEM)


def test_pin_and_puk_are_changed_burnt_and_restored(
    insert_card: InsertCard, opensc: ForeignTools
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    state = CardState.factory()
    state.put_key(KeySlot.AUTHENTICATION, key)
    card = insert_card(state)
    verify = ("pkcs15-tool", "--verify-pin", "--pin")
    opensc.run(*verify, "111111", succeeds=False)
    assert _tries(card) == (2, 3)
    opensc.run("pkcs11-tool", "--login", "--pin", "123456", "--change-pin", "--new-pin", "654321")
    assert _tries(card) == (3, 3)
    opensc.run(*verify, "654321")
    unblock = ("pkcs15-tool", "--unblock-pin", "--new-pin", "222222", "--puk")
    for tries in (2, 1, 0):
        opensc.run(*verify, "111111", succeeds=False)
        assert _tries(card) == (tries, 3)
    opensc.run(*verify, "654321", succeeds=False)
    opensc.run(*unblock, "87654321", succeeds=False)
    assert _tries(card) == (0, 2)
    opensc.run(*unblock, "12345678")
    assert _tries(card) == (3, 3)
    opensc.run(*verify, "222222")
    change_puk = ("--change-pin", "--auth-id", "02", "--pin", "12345678", "--new-pin", "87654321")
    opensc.run("pkcs15-tool", *change_puk)
    opensc.run(*unblock, "87654321")
