"""The RA re-checks a series of certificates: every one of them, not only the first."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card.certificate_parts import parse_certificate_parts
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import ApplicationState
from cardsvc.records import Application, ApprovedApplication, Holder
from cardsvc.terms import CardType
from issuance.personalise.certified_series import CertifiedSeries
from issuance.personalise.certify import ExpectedIssuer
from issuance.personalise.plan import PersonalisationPlan
from issuance.ports import ProfileName
from keys.draft_series import with_signature
from tests.support.people import another
from tests.support.rehearsal_pki import AT, RehearsalPki, make_rehearsal_pki

SLOT = KeySlot.CARD_AUTHENTICATION
END = AT + timedelta(days=900)


@dataclass(frozen=True)
class Made:
    """A card's key, and its certificate as the CA made it."""

    plan: PersonalisationPlan
    key: CardPublicKey
    der: bytes


@dataclass(frozen=True)
class Room:
    rehearsal: RehearsalPki
    holder: Holder

    def series(self) -> CertifiedSeries:
        factory = self.rehearsal.pki.factory
        return CertifiedSeries(ExpectedIssuer.of(factory.issuer(CardType.INDIVIDUAL)))

    def make(self, count: int, card_type: CardType = CardType.INDIVIDUAL) -> list[Made]:
        keys = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(count)]
        plans = [self._plan() for _ in keys]
        requests = [
            self.rehearsal.request(
                ProfileName.CARD_AUTHENTICATION,
                card_type,
                guid=plan.guid,
                public_key=key,
                not_after=END,
            )
            for plan, key in zip(plans, keys, strict=True)
        ]
        factory = self.rehearsal.pki.factory
        signed = factory.sign_all(factory.prepare_all(requests, AT), AT)
        return [Made(*one) for one in zip(plans, keys, signed, strict=True)]

    def _plan(self) -> PersonalisationPlan:
        application = Application(
            "application-1", CardType.INDIVIDUAL, self.holder, "lan", AT,
            ApplicationState.APPROVED, "hung", AT,
        )  # fmt: skip
        return PersonalisationPlan(
            ApprovedApplication(application), CardGuid(secrets.token_bytes(16)), END
        )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(
        make_rehearsal_pki(tmp_path_factory.mktemp("series") / "vault"),
        another(CardType.INDIVIDUAL),
    )


def accept(series: CertifiedSeries, one: Made, **changed: object) -> None:
    record = series.accept(changed.get("der", one.der), one.plan, SLOT, one.key, AT)  # type: ignore[arg-type]
    certificate = x509.load_der_x509_certificate(one.der)
    assert record.certificate_der == one.der
    assert record.serial == certificate.serial_number
    assert record.not_after == certificate.not_valid_after_utc


def test_what_was_asked_for_is_accepted(room: Room) -> None:
    series = room.series()
    for one in room.make(3):
        accept(series, one)


def _resigned(der: bytes) -> bytes:
    parts = parse_certificate_parts(der)
    stranger = ec.generate_private_key(ec.SECP256R1())
    signature = stranger.sign(parts.signed, ec.ECDSA(hashes.SHA256()))
    return with_signature(parts.signed, parts.outer_algorithm, signature)


def _changed_serial(der: bytes) -> bytes:
    serial = parse_certificate_parts(der).serial
    return der.replace(serial, serial[:-1] + bytes([serial[-1] ^ 1]), 1)


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "signed by a stranger": _resigned,
    "signed over other octets": _changed_serial,
    "signature changed": lambda der: der[:-1] + bytes([der[-1] ^ 1]),
    "cut short": lambda der: der[:-1],
    "with a tail": lambda der: der + b"\x00",
    "nothing": lambda _: b"",
}


@pytest.mark.reason(ReasonCode.CERTIFICATE_MISMATCH)
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("good_before", [0, 1])
def test_a_forgery_is_refused_first_and_later(
    room: Room, forge: Callable[[bytes], bytes], good_before: int
) -> None:
    series, (first, one) = room.series(), room.make(2)
    for good in (first,)[:good_before]:
        accept(series, good)
    with pytest.raises(IssuanceError) as caught:
        accept(series, one, der=forge(one.der))
    assert caught.value.reason is ReasonCode.CERTIFICATE_MISMATCH
    accept(series, one)


@pytest.mark.parametrize("good_before", [0, 1])
def test_another_cards_certificate_is_refused(room: Room, good_before: int) -> None:
    series, (first, one, other) = room.series(), room.make(3)
    for good in (first,)[:good_before]:
        accept(series, good)
    named_otherwise = Made(other.plan, one.key, one.der)
    keyed_otherwise = Made(one.plan, other.key, one.der)
    for wrong, said in ((named_otherwise, "another card"), (keyed_otherwise, "another key")):
        with pytest.raises(IssuanceError, match=said):
            accept(series, wrong)


@pytest.mark.parametrize("good_before", [0, 1])
def test_another_issuers_certificate_is_refused(room: Room, good_before: int) -> None:
    series, (first,) = room.series(), room.make(1)
    for good in (first,)[:good_before]:
        accept(series, good)
    (foreign,) = room.make(1, CardType.CIVIL_SERVANT)
    with pytest.raises(IssuanceError, match="another issuer"):
        accept(series, foreign)


@pytest.mark.parametrize("good_before", [0, 1])
@pytest.mark.parametrize(
    ("days", "said"), [(-900, "outlives the card"), (901, "not valid now")], ids=["long", "over"]
)
def test_dates_are_those_of_the_card(room: Room, good_before: int, days: int, said: str) -> None:
    series, (first, one) = room.series(), room.make(2)
    for good in (first,)[:good_before]:
        accept(series, good)
    ends = END + timedelta(days=min(days, 0))
    plan = PersonalisationPlan(one.plan.approved, one.plan.guid, ends)
    with pytest.raises(IssuanceError, match=said):
        series.accept(one.der, plan, SLOT, one.key, AT + timedelta(days=max(days, 0)))


def test_a_draft_is_no_certificate(room: Room) -> None:
    series, (first, one) = room.series(), room.make(2)
    accept(series, first)
    entry = room.rehearsal.ledger.entries_of(one.plan.guid)[0]
    with pytest.raises(IssuanceError, match="another issuer"):
        accept(series, one, der=entry.reservation.draft_der)
    assert x509.load_der_x509_certificate(one.der).public_bytes(Encoding.DER) == one.der
