"""Junk and mutated objects: a parser returns or raises ``Malformed``, nothing else."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card import tlv
from cardsvc.card.cbeff import BiometricHeader, parse_biometric, sign_biometric, verify_biometric
from cardsvc.card.ccc import encode_ccc, parse_ccc
from cardsvc.card.certificate_object import encode_certificate_object, parse_certificate_object
from cardsvc.card.certificates import parse_certificate
from cardsvc.card.chuid import attach_signature, encode_chuid, parse_chuid, verify_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT, parse_signed_data
from cardsvc.card.cms_signing import sign_detached
from cardsvc.card.discovery import Discovery, encode_discovery, parse_discovery
from cardsvc.card.facial_image import FacialImage, parse_facial_image, sign_facial_image
from cardsvc.card.fascn import NON_FEDERAL_FASCN, Fascn, FascnFields, encode_fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.key_history import KeyHistory, encode_key_history, parse_key_history
from cardsvc.card.piv import ObjectTag
from cardsvc.card.piv_identifiers import (
    background_investigation_pending,
    card_fascn,
    card_guid,
)
from cardsvc.card.printed_information import (
    PrintedInformation,
    encode_printed_information,
    parse_printed_information,
)
from cardsvc.card.security_object import (
    check_hashes,
    parse_security_object,
    sign_security_object,
    verify_security_object,
)
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.content_signers import content_signer
from tests.support.handmade_cms import attributes_of, handmade
from tests.support.portraits import jpeg

GUID = CardGuid(bytes(range(16)))
FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
HEADER = BiometricHeader(FROM, FROM, UNTIL, NON_FEDERAL_FASCN)
UNSIGNED = encode_chuid(GUID, date(2030, 1, 1))


def good_objects() -> dict[str, tuple[Callable[[bytes], object], bytes]]:
    signer = content_signer().settings()
    signature = sign_detached(UNSIGNED, OID_CHUID_SECURITY_OBJECT, signer)
    photo = FacialImage(jpeg(16, 16), 16, 16, FROM, FROM, UNTIL)
    certificate = content_signer().certificate
    return {
        "chuid": (read_chuid, attach_signature(UNSIGNED, signature)),
        "cms": (parse_signed_data, signature),
        "cms in long lengths": (
            parse_signed_data,
            handmade(attributes_of(UNSIGNED), long_lengths=True),
        ),
        "certificate": (read_certificate, encode_certificate_object(certificate)),
        "compressed": (read_certificate, encode_certificate_object(certificate, compress=True)),
        "biometric": (read_biometric, sign_biometric(HEADER, b"FMR", GUID, signer)),
        "face": (parse_facial_image, sign_facial_image(photo, GUID, NON_FEDERAL_FASCN, signer)),
        "security object": (
            read_security_object,
            sign_security_object({ObjectTag.CHUID: UNSIGNED}, signer),
        ),
        "printed": (
            read_printed,
            encode_printed_information(PrintedInformation("A", "B", "2030JAN01", "1", "VN")),
        ),
        "discovery": (parse_discovery, encode_discovery(Discovery())),
        "key history": (parse_key_history, encode_key_history(KeyHistory(1, 1, "http://x"))),
        "ccc": (parse_ccc, encode_ccc(GUID)),
        "fascn": (lambda octets: Fascn(octets).decode(), NON_FEDERAL_FASCN.octets),
    }


def read_chuid(octets: bytes) -> None:
    verify_chuid(parse_chuid(octets))


def read_certificate(octets: bytes) -> None:
    certificate = parse_certificate_object(octets)
    card_guid(certificate)
    card_fascn(certificate)
    background_investigation_pending(certificate)


def read_biometric(octets: bytes) -> None:
    verify_biometric(parse_biometric(octets))


def read_security_object(octets: bytes) -> None:
    found = parse_security_object(octets)
    verify_security_object(found, content_signer().certificate)
    check_hashes(found, {ObjectTag.CHUID: UNSIGNED})


def read_printed(octets: bytes) -> None:
    _ = parse_printed_information(octets).expiration_date


GOOD = good_objects()
PARSERS = pytest.mark.parametrize("name", GOOD)


@PARSERS
def test_the_seeds_are_good(name: str) -> None:
    read, octets = GOOD[name]
    read(octets)


@pytest.mark.reason(ReasonCode.MALFORMED_BIOMETRIC)
@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
@pytest.mark.reason(ReasonCode.MALFORMED_CHUID)
@PARSERS
@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=200))
def test_junk(name: str, octets: bytes) -> None:
    read, _ = GOOD[name]
    with contextlib.suppress(Malformed, VerificationError):
        read(octets)


@PARSERS
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated(name: str, data: st.DataObject) -> None:
    read, good = GOOD[name]
    changed = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(changed) - 1)))
        kind = data.draw(st.sampled_from(["set", "cut", "insert", "drop", "repeat"]))
        if kind == "set" and changed:
            changed[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del changed[at:]
        elif kind == "insert":
            changed[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        elif kind == "drop":
            del changed[at : at + data.draw(st.integers(1, 8))]
        else:
            changed[at:at] = changed[at : at + data.draw(st.integers(1, 60))]
    with contextlib.suppress(Malformed, VerificationError):
        read(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(octets=st.binary(max_size=80))
def test_junk_inside_a_well_formed_shell(octets: bytes) -> None:
    shells: list[tuple[Callable[[bytes], object], bytes]] = [
        (parse_signed_data, tlv.encode(0x30, octets)),
        (parse_certificate, tlv.encode(0x30, octets)),
        (parse_certificate_object, tlv.encode(0x70, octets)),
        (parse_biometric, tlv.encode(0xBC, octets)),
        (
            parse_security_object,
            tlv.encode_all([(0xBA, b"\x01\x30\x00"), (0xBB, tlv.encode(0x30, octets))]),
        ),
        (parse_chuid, UNSIGNED + octets),
    ]
    for read, shell in shells:
        with contextlib.suppress(Malformed):
            read(shell)


def test_deep_nesting_is_refused_without_exhausting_the_stack() -> None:
    for octets in (b"\x30\x80" * 20_000, b"\x30\x84\x00\x00\xff\x00" * 5_000):
        with pytest.raises(Malformed):
            parse_signed_data(octets)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@settings(max_examples=100)
@given(
    fields=st.builds(
        FascnFields, digits(4), digits(4), digits(6), digits(1), digits(1), digits(10), digits(1),
        digits(4), digits(1),
    )
)  # fmt: skip
def test_fascn_round_trip(fields: FascnFields) -> None:
    assert encode_fascn(fields).decode() == fields


@settings(max_examples=100)
@given(
    guid=st.binary(min_size=16, max_size=16),
    day=st.dates(),
    holder=st.none() | st.uuids(),
)
def test_chuid_round_trip(guid: bytes, day: date, holder: uuid.UUID | None) -> None:
    octets = encode_chuid(CardGuid(guid), day, cardholder_uuid=holder)
    found = parse_chuid(octets)
    assert (found.guid.octets, found.expiration_date) == (guid, day)
    assert found.cardholder_uuid == holder
    assert found.signed_octets == octets
