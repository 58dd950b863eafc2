"""Drafts of a series are octet for octet what ``cryptography`` builds, and are linted like it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.guid import CardGuid
from cardsvc.card.public_key import CardPublicKey, algorithm_of, spki_der
from cardsvc.errors import ReasonCode, VaultError
from keys.assemble import Assembly, StatusPointers, key_identifier, make_builder
from keys.distinguished_name import build_name
from keys.draft_series import DraftSeries
from keys.profiles import CertificateProfile, ProfileRole, SubjectRules, load_profiles

ISSUER = ec.generate_private_key(ec.SECP256R1())
AT = datetime(2026, 3, 2, tzinfo=UTC)
PROFILES = [one for one in load_profiles().values() if one.role is ProfileRole.CARD]
ANY_NAME = SubjectRules(frozenset(), frozenset({"common_name", "organization"}))
KEYS: list[CardPublicKey] = [
    ec.generate_private_key(ec.SECP256R1()).public_key(),
    ec.generate_private_key(ec.SECP384R1()).public_key(),
    rsa.generate_private_key(65537, 2048).public_key(),
]
NAMES = ("Nguyễn Thị Đoan Trang", "Võ Ân")


def build(assembly: Assembly) -> x509.Certificate:
    return make_builder(assembly).sign(ISSUER, hashes.SHA256())


def order(
    profile: CertificateProfile, key: CardPublicKey, name: str, *, end: datetime | None = None
) -> Assembly:
    subject = (("organization", "Sở Nội vụ tỉnh Lâm Đồng"), ("common_name", name)) if name else ()
    return Assembly(
        profile=profile,
        issuer_name=build_name((("organization", "Tỉnh Lâm Đồng"),), ANY_NAME),
        issuer_key_id=key_identifier(ISSUER.public_key()),
        subject=build_name(subject, ANY_NAME),
        public_key=key,
        serial=secrets.randbits(70) | 1 << 70,
        not_before=AT,
        not_after=end or AT + timedelta(days=1000),
        guid=CardGuid(secrets.token_bytes(16)),
        pointers=StatusPointers("http://the.example.gov.vn/status", "civil_servant"),
    )


def draft(series: DraftSeries, one: Assembly) -> bytes:
    return series.draft(one, algorithm_of(one.public_key), spki_der(one.public_key))


def orders() -> Iterator[Assembly]:
    for profile, key, name in itertools.product(PROFILES, KEYS, (*NAMES, "")):
        if algorithm_of(key) in profile.algorithms:
            yield from (order(profile, key, name) for _ in range(2))


def test_every_kind_is_what_cryptography_builds() -> None:
    built: list[Assembly] = []

    def count(assembly: Assembly) -> x509.Certificate:
        built.append(assembly)
        return build(assembly)

    series, wanted = DraftSeries(count), list(orders())
    for one in wanted:
        made = x509.load_der_x509_certificate(draft(series, one))
        assert made.tbs_certificate_bytes == build(one).tbs_certificate_bytes
    kinds = {
        (one.profile.name, algorithm_of(one.public_key), bool(one.subject.rdns)) for one in wanted
    }
    assert len(built) == len(kinds) < len(wanted)


@pytest.mark.parametrize("year", [2049, 2050])
def test_dates_are_written_as_cryptography_writes_them(year: int) -> None:
    profile = replace(PROFILES[0], max_validity=timedelta(days=9999))
    series, end = DraftSeries(build), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    draft(series, order(profile, KEYS[0], NAMES[0]))
    one = order(profile, KEYS[0], NAMES[1], end=end)
    made = x509.load_der_x509_certificate(draft(series, one))
    assert made.tbs_certificate_bytes == build(one).tbs_certificate_bytes


@pytest.mark.parametrize(
    "change",
    [
        {"serial": 1 << 40},
        {"serial": 1 << 160},
        {"not_after": AT + timedelta(days=4000)},
        {"not_after": AT - timedelta(days=1)},
    ],
    ids=["short serial", "long serial", "valid too long", "never valid"],
)
def test_what_a_lint_refuses_is_refused_of_the_second_too(change: dict[str, object]) -> None:
    series = DraftSeries(build)
    good = order(PROFILES[0], KEYS[0], NAMES[0])
    draft(series, good)
    second = replace(order(PROFILES[0], KEYS[0], NAMES[1]), **change)  # type: ignore[arg-type]
    with pytest.raises(VaultError) as caught:
        draft(series, second)
    assert caught.value.reason is ReasonCode.PROFILE_VIOLATED


def test_a_key_that_is_not_the_ordered_one_is_refused() -> None:
    series = DraftSeries(build)
    draft(series, order(PROFILES[0], KEYS[0], NAMES[0]))
    one = order(PROFILES[0], KEYS[0], NAMES[1])
    for octets in (b"", spki_der(KEYS[0])[:-1], spki_der(KEYS[0]) + b"\x05\x00"):
        with pytest.raises(VaultError) as caught:
            series.draft(one, algorithm_of(KEYS[0]), octets)
        assert caught.value.reason is ReasonCode.PROFILE_VIOLATED


def test_a_first_that_is_not_what_its_profile_says_is_no_model() -> None:
    other = next(one for one in PROFILES if one.key_usage != PROFILES[0].key_usage)
    series = DraftSeries(lambda assembly: build(replace(assembly, profile=other)))
    for _ in range(2):
        with pytest.raises(VaultError) as caught:
            draft(series, order(PROFILES[0], KEYS[0], NAMES[0]))
        assert caught.value.reason is ReasonCode.PROFILE_VIOLATED
