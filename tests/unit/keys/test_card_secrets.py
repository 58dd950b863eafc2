"""Diversified card secrets: deterministic, separate, fair, never trivial."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm
from cardsvc.errors import ReasonCode, VaultError
from keys.kek import MASTER_LABEL, VaultCardSecrets, is_guessable, open_card_secrets
from keys.software_vault import SoftwareVault
from keys.vault import VaultAlgorithm
from tests.support.rehearsal_pki import CHEAP, PASSPHRASE

MASTER = bytes(range(32))


@pytest.fixture
def vault(tmp_path: Path) -> SoftwareVault:
    return SoftwareVault.open(
        tmp_path / "vault", PASSPHRASE, cost=CHEAP, randomness=lambda octets: MASTER[:octets]
    )


@pytest.fixture
def card_secrets(vault: SoftwareVault) -> VaultCardSecrets:
    return open_card_secrets(vault)


def guid(number: int) -> CardGuid:
    return CardGuid(number.to_bytes(16, "big"))


def test_management_keys_have_the_size_of_their_algorithm(card_secrets: VaultCardSecrets) -> None:
    sizes = {Algorithm.AES_128: 16, Algorithm.AES_192: 24, Algorithm.AES_256: 32}
    keys = {algorithm: card_secrets.management_key(guid(1), algorithm) for algorithm in sizes}
    assert {algorithm: len(key) for algorithm, key in keys.items()} == sizes
    assert len({key[:16] for key in keys.values()}) == 3


def test_a_management_key_is_the_kdf_of_the_specification(card_secrets: VaultCardSecrets) -> None:
    mac = cmac.CMAC(AES(MASTER))
    label = b"cardsvc/1/card-management-key/aes-128"
    mac.update(b"\x00\x00\x00\x01" + label + b"\x00" + guid(7).octets + b"\x00\x00\x00\x80")
    assert card_secrets.management_key(guid(7), Algorithm.AES_128) == mac.finalize()


@pytest.mark.parametrize(
    "algorithm", [Algorithm.TDES, Algorithm.TDES_DEFAULT, Algorithm.ECC_P256, Algorithm.RSA_2048]
)
def test_nothing_but_aes_is_derived(card_secrets: VaultCardSecrets, algorithm: Algorithm) -> None:
    with pytest.raises(VaultError) as error:
        card_secrets.management_key(guid(1), algorithm)
    assert error.value.reason is ReasonCode.UNSUPPORTED_ALGORITHM


def test_secrets_differ_by_card_and_use_and_come_back(
    vault: SoftwareVault, card_secrets: VaultCardSecrets
) -> None:
    cards = [guid(number) for number in range(300)]
    pins = [card_secrets.transport_pin(card) for card in cards]
    puks = [card_secrets.puk(card) for card in cards]
    assert len(set(pins + puks)) > 590
    again = open_card_secrets(vault)
    assert [again.transport_pin(card) for card in cards] == pins
    assert [again.puk(card) for card in cards] == puks
    assert list(vault.labels()) == [MASTER_LABEL]


def test_pins_are_eight_fair_digits(card_secrets: VaultCardSecrets) -> None:
    pins = [card_secrets.transport_pin(guid(number)) for number in range(2000)]
    assert all(len(pin) == 8 and pin.isascii() and pin.isdigit() for pin in pins)
    assert not any(is_guessable(pin) for pin in pins)
    counts = Counter("".join(pins))
    expected = 2000 * 8 / 10
    # chi-square with 9 degrees of freedom: 33.7 is passed by chance once in ten thousand
    assert sum((counts[d] - expected) ** 2 / expected for d in "0123456789") < 33.7


@pytest.mark.parametrize(
    "digits",
    [
        "00000000",
        "12345678",
        "87654321",
        "01234567",
        "98765432",
        "34567890",
        "13579135",
        "12121212",
        "12341234",
        "11223311",
        "12312312",
        "11111112",
    ],
)
def test_trivial_pins_are_told(digits: str) -> None:
    assert is_guessable(digits)


@pytest.mark.parametrize("digits", ["58203917", "12345687", "10293847"])
def test_other_pins_are_not(digits: str) -> None:
    assert not is_guessable(digits)


def test_a_master_of_another_kind_is_refused(vault: SoftwareVault) -> None:
    vault.generate(MASTER_LABEL, VaultAlgorithm.ECDSA_P256)
    with pytest.raises(VaultError) as error:
        open_card_secrets(vault)
    assert error.value.reason is ReasonCode.KEY_EXISTS


def test_a_vault_that_derives_nothing_but_zeros_is_not_believed(vault: SoftwareVault) -> None:
    class Broken:
        def derive(self, *_: object) -> bytes:
            return bytes(64)

    master = vault.generate(MASTER_LABEL, VaultAlgorithm.DERIVING_AES_256)
    with pytest.raises(VaultError) as error:
        VaultCardSecrets(Broken(), master).puk(guid(1))  # type: ignore[arg-type]
    assert error.value.reason is ReasonCode.VAULT_CORRUPT
