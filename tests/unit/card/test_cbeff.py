from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cardsvc.card import tlv
from cardsvc.card.cbeff import (
    DATA_TYPE_PROCESSED,
    FORMAT_TYPE_FINGER_MINUTIAE,
    HEADER_OCTETS,
    TYPE_FINGER,
    BiometricHeader,
    encode_header,
    encode_instant,
    parse_biometric,
    parse_instant,
    sign_biometric,
    verify_biometric,
)
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.content_signers import content_signer

GUID = CardGuid(bytes(range(16)))
HEADER = BiometricHeader(
    created_at=datetime(2025, 3, 1, 8, 15, 30, tzinfo=UTC),
    valid_from=datetime(2025, 3, 2, tzinfo=UTC),
    valid_until=datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC),
    fascn=NON_FEDERAL_FASCN,
    creator="So Noi vu",
)
FINGERS = BiometricHeader(
    HEADER.created_at,
    HEADER.valid_from,
    HEADER.valid_until,
    NON_FEDERAL_FASCN,
    format_type=FORMAT_TYPE_FINGER_MINUTIAE,
    biometric_type=TYPE_FINGER,
    data_type=DATA_TYPE_PROCESSED,
    quality=60,
)


def test_header_is_as_table_14_lays_it_out() -> None:
    octets = encode_header(HEADER, 0x1234, 0x0567)
    assert len(octets) == HEADER_OCTETS
    assert octets[:12].hex() == "030d000012340567001b0501"
    assert octets[12:20] == bytes([20, 25, 3, 1, 8, 15, 30]) + b"Z"
    assert octets[36:39].hex() == "000002"
    assert octets[39:41].hex() == "20fe"
    assert octets[41:59] == b"So Noi vu".ljust(18, b"\x00")
    assert octets[59:84] == NON_FEDERAL_FASCN.octets
    assert octets[84:] == bytes(4)


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_sign_and_verify_fingers(kind: str) -> None:
    signer = content_signer(kind)
    record = b"FMR\x00 20\x00" + bytes(300)
    octets = sign_biometric(FINGERS, record, GUID, signer.settings())
    biometric = parse_biometric(octets)
    assert (biometric.header, biometric.record) == (FINGERS, record)
    assert verify_biometric(biometric) == signer.certificate
    attributes = biometric.signed_data().attributes
    assert attributes is not None
    assert (attributes.fascn, attributes.entry_uuid) == (NON_FEDERAL_FASCN, GUID)
    assert [item.tag for item in tlv.iterate(octets)] == [0xBC, 0xFE]


def test_the_signer_may_be_the_chuids() -> None:
    signer = content_signer()
    settings = signer.settings(include_certificate=False)
    biometric = parse_biometric(sign_biometric(HEADER, b"record", GUID, settings))
    assert verify_biometric(biometric, signer.certificate) == signer.certificate
    with pytest.raises(VerificationError):
        verify_biometric(biometric)


@pytest.mark.parametrize(
    "octets",
    [bytes([20, 30, 12, 31, 23, 59, 59]) + b"Z", bytes.fromhex("20301231235959") + b"Z"],
)
def test_both_readings_of_the_date_note(octets: bytes) -> None:
    moment = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert parse_instant(octets, ReasonCode.MALFORMED_BIOMETRIC) == moment
    assert encode_instant(moment)[:7] == bytes([20, 30, 12, 31, 23, 59, 59])


@pytest.mark.parametrize(
    "octets",
    [
        bytes(8),
        bytes([20, 30, 13, 1, 0, 0, 0]) + b"Z",
        bytes([20, 130, 12, 1, 0, 0, 0]) + b"Z",
        bytes([20, 30, 12, 1, 0, 0, 0, 0]),
        bytes.fromhex("203012312359AA") + b"Z",
        bytes([20, 30, 2, 30, 0, 0, 0]) + b"Z",
    ],
)
def test_no_such_instant(octets: bytes) -> None:
    with pytest.raises(Malformed):
        parse_instant(octets, ReasonCode.MALFORMED_BIOMETRIC)


def test_lengths_have_to_fill_the_object() -> None:
    good = encode_header(HEADER, 4, 2) + b"bodysg"
    assert parse_biometric(tlv.encode(0xBC, good)).signature == b"sg"
    for bad in (good + b"\x00", good[:-1], good[:87], b"", encode_header(HEADER, 6, 1) + b"bodysg"):
        with pytest.raises(Malformed) as caught:
            parse_biometric(tlv.encode(0xBC, bad))
        assert caught.value.reason is ReasonCode.MALFORMED_BIOMETRIC
    with pytest.raises(Malformed):
        parse_biometric(tlv.encode(0xBC, good) + tlv.encode(0xBC, good))
    with pytest.raises(Malformed):
        parse_biometric(b"\xfe\x00")


def test_creator_that_does_not_fit() -> None:
    for creator in ("Sở Nội vụ", "x" * 18):
        header = BiometricHeader(
            HEADER.created_at, HEADER.valid_from, HEADER.valid_until, NON_FEDERAL_FASCN,
            creator=creator,
        )  # fmt: skip
        with pytest.raises(Malformed):
            encode_header(header, 0, 0)
