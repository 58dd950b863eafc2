"""What a finished card holds: signed, consistent, and nothing personal without the PIN."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from cryptography import x509
from PIL import Image

from cardsvc.card.cbeff import verify_biometric
from cardsvc.card.ccc import parse_ccc
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.chuid import parse_chuid, verify_chuid
from cardsvc.card.commands import RefusedByCard
from cardsvc.card.discovery import parse_discovery
from cardsvc.card.facial_image import parse_facial_image
from cardsvc.card.key_history import parse_key_history
from cardsvc.card.piv import CERTIFICATE_OBJECT, PIN_GATED_OBJECTS, KeySlot, ObjectTag
from cardsvc.card.piv_identifiers import card_guid
from cardsvc.card.printed_information import parse_printed_information
from cardsvc.card.security_object import (
    check_hashes,
    parse_security_object,
    verify_security_object,
)
from cardsvc.card.session import PivSession
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.issuing_room import IssuingRoom, blank
from tests.support.people import HOLDERS


def make_photo(width: int = 120, height: int = 160) -> bytes:
    octets = io.BytesIO()
    Image.effect_noise((width, height), 20).convert("RGB").save(octets, "JPEG", quality=40)
    return octets.getvalue()


def issue(card_type: CardType, photo: bytes | None) -> tuple[IssuingRoom, str, VirtualCard]:
    room = IssuingRoom()
    application = room.application(card_type)
    card = blank()
    order = replace(room.order(application), photo_jpeg=photo)
    assert room.run(room.job(order), card) is CardState.PERSONALISED
    return room, application, card


@pytest.mark.parametrize("card_type", list(CardType))
def test_every_object_is_signed_or_hashed_and_about_this_card(card_type: CardType) -> None:
    photo = make_photo()
    room, application, card = issue(card_type, photo)
    record = room.record(application)
    session = PivSession(connect_in_process(card))
    session.select()
    session.verify_pin(room.pki.card_secrets.transport_pin(record.guid))
    tags = [ObjectTag(tag) for tag in card.state.objects]
    contents = {tag: session.read_object(tag) for tag in tags}

    chuid = parse_chuid(contents[ObjectTag.CHUID])
    signer = verify_chuid(chuid)
    assert signer == room.pki.content_signers[card_type].certificate
    assert chuid.guid == record.guid
    assert chuid.fascn.is_non_federal
    assert chuid.organizational_identifier == b""
    assert chuid.expiration_date == record.expires_at.date()

    security = parse_security_object(contents[ObjectTag.SECURITY_OBJECT])
    verify_security_object(security, signer)
    unchecked = check_hashes(security, contents)
    assert not unchecked
    assert security.covered_objects >= {
        ObjectTag.CHUID,
        ObjectTag.CARD_CAPABILITY_CONTAINER,
        ObjectTag.PRINTED_INFORMATION,
        ObjectTag.FACIAL_IMAGE,
        ObjectTag.KEY_HISTORY,
    }

    face = parse_facial_image(contents[ObjectTag.FACIAL_IMAGE])
    verify_biometric(face.biometric, signer)
    assert (face.image, face.width, face.height) == (photo, 120, 160)

    printed = parse_printed_information(contents[ObjectTag.PRINTED_INFORMATION])
    assert printed.name == HOLDERS[card_type].name.value
    assert printed.expiration_date == record.expires_at.date()

    for key in record.keys:
        certificate = parse_certificate_object(contents[CERTIFICATE_OBJECT[key.slot]])
        assert certificate == x509.load_der_x509_certificate(key.certificate_der)
        assert card_guid(certificate) == record.guid
        assert certificate.not_valid_after_utc <= record.expires_at
        message = b"a fresh message"
        if key.slot is not KeySlot.KEY_MANAGEMENT:
            session.verify_pin(room.pki.card_secrets.transport_pin(record.guid))
            assert session.sign_message(key.algorithm, key.slot, message)
    parse_ccc(contents[ObjectTag.CARD_CAPABILITY_CONTAINER])
    parse_discovery(contents[ObjectTag.DISCOVERY])
    assert parse_key_history(contents[ObjectTag.KEY_HISTORY]).on_card == 0


@pytest.mark.parametrize("card_type", list(CardType))
def test_a_tap_gives_away_nothing(card_type: CardType) -> None:
    _, _, card = issue(card_type, make_photo())
    holder = HOLDERS[card_type]
    session = PivSession(connect_in_process(card))
    session.select()
    behind_certificates = {
        ObjectTag.CERTIFICATE_AUTHENTICATION,
        ObjectTag.CERTIFICATE_SIGNATURE,
        ObjectTag.CERTIFICATE_KEY_MANAGEMENT,
    }
    secret = [holder.personal_number.value.encode()]
    named = [word.encode() for word in holder.name.value.split()]
    for tag in (ObjectTag(tag) for tag in card.state.objects):
        if tag in PIN_GATED_OBJECTS:
            with pytest.raises(RefusedByCard):
                session.read_object(tag)
            continue
        content = session.read_object(tag)
        assert not any(word in content for word in secret)
        # a door reads CHUID and 9E; staff and delegates stand by name in 9A, 9C and 9D
        if tag not in behind_certificates or card_type is CardType.INDIVIDUAL:
            assert not any(word in content for word in named)


def test_a_delegates_card_ends_with_the_delegation() -> None:
    room, application, _ = issue(CardType.BUSINESS, None)
    assert room.record(application).expires_at.date() == date(2027, 12, 31)


@pytest.mark.reason(ReasonCode.MALFORMED_FACIAL_IMAGE)
@pytest.mark.parametrize(
    "photo", [b"", b"\xff\xd8\xff", b"GIF89a" + bytes(40), make_photo(900, 1200)]
)
def test_a_photo_that_does_not_fit_is_refused_before_the_card_is_touched(photo: bytes) -> None:
    room = IssuingRoom()
    with pytest.raises(Malformed) as caught:
        room.job(replace(room.order(), photo_jpeg=photo))
    assert caught.value.reason is ReasonCode.MALFORMED_FACIAL_IMAGE
    assert not room.store.cards
