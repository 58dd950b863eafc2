"""What somebody who can speak to the CA may try, and is refused."""

from __future__ import annotations

import hashlib
import math
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey, spki_der
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import CardType, Realm, RevocationReason
from issuance.ports import ProfileName
from keys.ca import TOKEN_LIFE
from keys.key_policy import has_close_factors, has_roca_fingerprint, primes
from keys.vault import KeyHandle
from tests.support.rehearsal_pki import AT, STAFF, RehearsalPki, make_rehearsal_pki


@pytest.fixture
def rehearsal(tmp_path: Path) -> RehearsalPki:
    return make_rehearsal_pki(tmp_path / "vault")


def assert_refused(rehearsal: RehearsalPki, request: object, reason: ReasonCode) -> None:
    before = len(rehearsal.ledger._entries)
    with pytest.raises(VaultError) as error:
        rehearsal.pki.factory.prepare(request, AT)  # type: ignore[arg-type]
    assert error.value.reason is reason
    assert len(rehearsal.ledger._entries) == before


@dataclass(frozen=True)
class Asked:
    """A request as a hostile RA makes one: any profile name."""

    profile: StrEnum
    card_type: CardType
    guid: CardGuid
    public_key: CardPublicKey
    not_after: datetime
    subject: tuple[tuple[str, str], ...] = ()
    realm: Realm = Realm.PRODUCTION


class Wish(StrEnum):
    ROOT = "root"
    ISSUING_CA = "issuing_ca"
    CONTENT_SIGNER = "content_signer"
    OCSP_SIGNER = "ocsp_signer"
    RECEIPT_SIGNER = "receipt_signer"
    NONE = "none"
    PATH = "../root"


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
@pytest.mark.parametrize("wish", list(Wish)[:5])
def test_the_ra_gets_no_authority_and_no_signer(rehearsal: RehearsalPki, wish: Wish) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    asked = Asked(
        wish, CardType.CIVIL_SERVANT, CardGuid(secrets.token_bytes(16)), key, AT + timedelta(days=9)
    )
    assert_refused(rehearsal, asked, ReasonCode.PROFILE_VIOLATED)


@pytest.mark.reason(ReasonCode.PROFILE_UNKNOWN)
@pytest.mark.parametrize("wish", [Wish.NONE, Wish.PATH])
def test_an_unknown_profile(rehearsal: RehearsalPki, wish: Wish) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    asked = Asked(wish, CardType.BUSINESS, CardGuid(secrets.token_bytes(16)), key, AT)
    assert_refused(rehearsal, asked, ReasonCode.PROFILE_UNKNOWN)


@pytest.mark.reason(ReasonCode.KEY_REUSED)
def test_a_key_is_certified_for_one_card_and_slot(rehearsal: RehearsalPki) -> None:
    request = rehearsal.request(ProfileName.AUTHENTICATION)
    rehearsal.issue(request)
    for again in (
        replace(request, guid=CardGuid(secrets.token_bytes(16))),
        replace(request, profile=ProfileName.SIGNATURE),
        replace(request, profile=ProfileName.CARD_AUTHENTICATION, subject=()),
        replace(request, card_type=CardType.BUSINESS),
    ):
        assert_refused(rehearsal, again, ReasonCode.KEY_REUSED)


@pytest.mark.reason(ReasonCode.KEY_REUSED)
def test_a_cas_own_key_is_no_card_key(rehearsal: RehearsalPki) -> None:
    issuer = rehearsal.pki.factory.issuer(CardType.CIVIL_SERVANT).public_key()
    assert isinstance(issuer, ec.EllipticCurvePublicKey)
    assert_refused(rehearsal, rehearsal.request(public_key=issuer), ReasonCode.KEY_REUSED)


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
@pytest.mark.parametrize(
    "subject",
    [
        (),
        (("common_name", "Lê A"),),
        (*STAFF, ("common_name", "Lê B")),
        (*STAFF, ("email", "a@b")),
        (("common_name", "Nguyễn Thị"), ("organization", "Sở")),
        (("common_name", ""), ("organization", "Sở")),
        (("common_name", " Lê A"), ("organization", "Sở")),
        (("common_name", "x" * 65), ("organization", "Sở")),
        (("common_name", "Lê\x00A"), ("organization", "Sở")),
        (("common_name", "Lê\u202eA"), ("organization", "Sở")),
        (("common_name", "Lê A 001099012345"), ("organization", "Sở")),
        (("common_name", "Lê A"), ("organization", "Sở"), ("title", "CMND 012345678")),
        (("common_name", "Lê A"), ("organization", "０0１099012345")),
        (*STAFF, ("country", "VNM")),
        (*STAFF, ("serial_number", "đ")),
    ],
)
def test_subjects_outside_the_profile(
    rehearsal: RehearsalPki, subject: tuple[tuple[str, str], ...]
) -> None:
    if subject and subject[0][1] == "Nguyễn Thị":
        subject = tuple((name, unicodedata.normalize("NFD", value)) for name, value in subject)
    asked = rehearsal.request(ProfileName.AUTHENTICATION, subject=subject)
    assert_refused(rehearsal, asked, ReasonCode.PROFILE_VIOLATED)


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
def test_a_name_in_the_certificate_that_anyone_reads(rehearsal: RehearsalPki) -> None:
    asked = rehearsal.request(ProfileName.CARD_AUTHENTICATION, subject=STAFF)
    assert_refused(rehearsal, asked, ReasonCode.PROFILE_VIOLATED)


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
def test_an_expired_card_and_a_card_without_identity(rehearsal: RehearsalPki) -> None:
    assert_refused(rehearsal, rehearsal.request(not_after=AT), ReasonCode.PROFILE_VIOLATED)
    zero = rehearsal.request(guid=CardGuid(bytes(16)))
    assert_refused(rehearsal, zero, ReasonCode.PROFILE_VIOLATED)


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
def test_a_ca_signs_nothing_after_its_end(rehearsal: RehearsalPki) -> None:
    end = rehearsal.pki.factory.issuer(CardType.BUSINESS).not_valid_after_utc
    asked = rehearsal.request(card_type=CardType.BUSINESS, not_after=end + timedelta(days=99))
    with pytest.raises(VaultError) as error:
        rehearsal.pki.factory.prepare(asked, end + timedelta(seconds=1))
    assert error.value.reason is ReasonCode.PROFILE_VIOLATED


def rsa_key(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def has_small_factor(n: int) -> bool:
    return any(n % p == 0 for p in primes(752))


def roca_modulus() -> int:
    m = math.prod(primes(168))
    while True:
        n = (secrets.randbits(2048 - m.bit_length()) | 1 << (2047 - m.bit_length())) * m
        n += pow(65537, secrets.randbelow(10**9), m)
        if n.bit_length() == 2048 and not has_small_factor(n):
            return n


def close_modulus() -> int:
    while True:
        a, b = secrets.randbits(1022) | 3 << 1022, secrets.randbits(500)
        n = a * a - b * b
        if n.bit_length() == 2048 and not has_small_factor(n):
            return n


@pytest.mark.reason(ReasonCode.WEAK_KEY)
def test_rsa_keys_that_are_known_to_break(rehearsal: RehearsalPki) -> None:
    sound = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    assert not has_roca_fingerprint(sound)
    assert not has_close_factors(sound)
    third = (1 << 2047) // 3 * 3 + 3
    third += 0 if third % 2 else 3
    for key in (
        rsa_key(sound, 3),
        rsa_key(sound, 65535),
        rsa_key(sound, 2**256 + 1),
        rsa_key(third),
        rsa_key(roca_modulus()),
        rsa_key(close_modulus()),
    ):
        assert_refused(rehearsal, rehearsal.request(public_key=key), ReasonCode.WEAK_KEY)
    assert rehearsal.pki.factory.prepare(rehearsal.request(public_key=rsa_key(sound)), AT)


@pytest.mark.reason(ReasonCode.PROFILE_VIOLATED)
def test_algorithms_and_sizes_outside_the_profile(rehearsal: RehearsalPki) -> None:
    for key in (
        rsa_key(rsa.generate_private_key(65537, 1024).public_key().public_numbers().n),
        rsa_key((1 << 2055) + 1),
        rsa_key((1 << 4095) + 1),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        ec.generate_private_key(ec.SECP521R1()).public_key(),
        dsa.generate_private_key(1024).public_key(),
    ):
        asked = rehearsal.request(public_key=key)  # type: ignore[arg-type]
        assert_refused(rehearsal, asked, ReasonCode.PROFILE_VIOLATED)


@pytest.mark.reason(ReasonCode.SIGNING_TOKEN_SPENT)
def test_a_token_is_spent_once(rehearsal: RehearsalPki) -> None:
    factory = rehearsal.pki.factory
    token = factory.prepare(rehearsal.request(), AT)
    factory.sign(token, AT)
    for bad in (token, "", "zz", "00" * 32, token[:-2], token + "00"):
        with pytest.raises(VaultError) as error:
            factory.sign(bad, AT)
        assert error.value.reason is ReasonCode.SIGNING_TOKEN_SPENT


@pytest.mark.reason(ReasonCode.SIGNING_TOKEN_SPENT)
def test_a_stale_token_and_a_torn_cards(rehearsal: RehearsalPki) -> None:
    factory = rehearsal.pki.factory
    stale = factory.prepare(rehearsal.request(), AT)
    with pytest.raises(VaultError) as error:
        factory.sign(stale, AT + TOKEN_LIFE + timedelta(seconds=1))
    assert error.value.reason is ReasonCode.SIGNING_TOKEN_SPENT
    request = rehearsal.request()
    torn = factory.prepare(request, AT)
    entry = rehearsal.ledger.find_by_key(hashlib.sha256(spki_der(request.public_key)).digest())
    assert entry is not None
    rehearsal.ledger.revoke(
        entry.reservation.issuer_key_id,
        entry.reservation.serial,
        RevocationReason.CESSATION_OF_OPERATION,
        AT,
    )
    with pytest.raises(VaultError) as error:
        factory.sign(torn, AT)
    assert error.value.reason is ReasonCode.SIGNING_TOKEN_SPENT


def test_the_serial_is_in_the_ledger_before_the_token_is_out(rehearsal: RehearsalPki) -> None:
    request = rehearsal.request()
    token = rehearsal.pki.factory.prepare(request, AT)
    entry = rehearsal.ledger.find_by_key(hashlib.sha256(spki_der(request.public_key)).digest())
    assert entry is not None
    assert entry.certificate_der is None
    assert entry.reservation.guid == request.guid
    # the ledger knows the token's hash, from which nobody can make the token
    assert bytes.fromhex(token) not in (entry.reservation.token_sha256, b"")
    certificate = rehearsal.pki.factory.sign(token, AT)
    assert certificate.serial_number == entry.reservation.serial
    draft = x509.load_der_x509_certificate(entry.reservation.draft_der)
    assert certificate.tbs_certificate_bytes == draft.tbs_certificate_bytes
    issuer = rehearsal.pki.factory.issuer(request.card_type)
    certificate.verify_directly_issued_by(issuer)
    with pytest.raises(Exception, match=r"^$"):
        draft.verify_directly_issued_by(issuer)


@pytest.mark.reason(ReasonCode.CERTIFICATE_MISMATCH)
def test_a_vault_that_signs_with_another_key(
    rehearsal: RehearsalPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())

    def sign(_: KeyHandle, data: bytes, digest: hashes.HashAlgorithm) -> bytes:
        return stranger.sign(data, ec.ECDSA(digest))

    request = rehearsal.request()
    token = rehearsal.pki.factory.prepare(request, AT)
    monkeypatch.setattr(rehearsal.vault, "sign", sign)
    with pytest.raises(VaultError) as error:
        rehearsal.pki.factory.sign(token, AT)
    assert error.value.reason is ReasonCode.CERTIFICATE_MISMATCH
    entry = rehearsal.ledger.find_by_key(hashlib.sha256(spki_der(request.public_key)).digest())
    assert entry is not None
    assert entry.certificate_der is None


@pytest.mark.reason(ReasonCode.SERIAL_TAKEN)
def test_a_generator_that_repeats_itself_is_noticed(rehearsal: RehearsalPki) -> None:
    authority = rehearsal.pki.authorities[CardType.CIVIL_SERVANT]
    authority._randomness = bytes
    rehearsal.pki.factory.prepare(rehearsal.request(), AT)
    with pytest.raises(VaultError) as error:
        rehearsal.pki.factory.prepare(rehearsal.request(), AT)
    assert error.value.reason is ReasonCode.SERIAL_TAKEN
