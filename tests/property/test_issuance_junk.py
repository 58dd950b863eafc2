"""Junk from cards and people ends in typed errors and a torn record, never in anything else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.lifecycle import CardState
from issuance.personalise.factory import FactoryState
from issuance.personalise.marker import (
    Journal,
    Marker,
    encode_marker,
    parse_guid_and_marker,
)
from issuance.personalise.objects import shorten
from issuance.personalise.photo import measure_photo
from reader_agent.virtual.faults import EndlessCard, GarbageCard
from tests.support.issuing_room import IssuingRoom, blank

guids = st.binary(min_size=16, max_size=16).filter(any).map(CardGuid)
markers = st.builds(Marker, guids, st.sampled_from(Journal), st.binary(min_size=3, max_size=3))


@given(markers)
def test_a_marker_comes_back_and_fits_one_apdu(marker: Marker) -> None:
    content = encode_marker(marker)
    assert parse_guid_and_marker(content) == (marker.guid, marker)
    assert len(content) + 7 <= 255


@given(st.binary(max_size=80))
def test_a_junk_chuid_says_nothing_or_a_guid(junk: bytes) -> None:
    guid, marker = parse_guid_and_marker(junk)
    assert marker is None or marker.guid == guid


@given(markers, st.data())
def test_a_damaged_marker_never_names_another_journal_of_another_card(
    marker: Marker, data: st.DataObject
) -> None:
    octets = bytearray(encode_marker(marker))
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= data.draw(st.integers(1, 255))
    guid, found = parse_guid_and_marker(bytes(octets))
    assert found is None or found.guid == guid


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(0, 10_000), st.booleans())
def test_a_raving_card_is_torn(at: int, seed: int, claims_success: bool) -> None:
    room = IssuingRoom()
    application = room.application()
    job = room.job(room.order(application))
    card = GarbageCard(blank(), at, seed=seed, claim_success=claims_success)
    state = room.run(job, card)
    if card.apdus >= at:
        assert state is CardState.TORN
        assert room.record(application).state is CardState.TORN


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 90), st.sampled_from([0, 1, 256]))
def test_a_card_that_never_ends_is_torn(at: int, octets: int) -> None:
    room = IssuingRoom()
    job = room.job()
    assert room.run(job, EndlessCard(blank(), at, octets=octets)) is CardState.TORN


@pytest.mark.reason(ReasonCode.MALFORMED_FACIAL_IMAGE)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(b"\xff\xd8\xff\xe0".__add__))
@example(b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01")
def test_a_junk_photo_is_malformed(junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        measure_photo(junk)


@given(st.text(max_size=60), st.integers(0, 40))
def test_a_shortened_text_fits_and_halves_no_letter(text: str, most: int) -> None:
    with contextlib.suppress(UnicodeEncodeError):
        short = shorten(text, most)
        assert len(short.encode()) <= most
        assert text.startswith(short)


def test_the_factorys_key_runs_on_to_every_size() -> None:
    pattern = bytes.fromhex("0102030405060708")
    state = FactoryState()
    assert state.key(Algorithm.TDES).octets == pattern * 3
    assert state.key(Algorithm.AES_128).octets == pattern * 2
    assert state.key(Algorithm.AES_192).octets == pattern * 3
    assert state.key(Algorithm.AES_256).octets == pattern * 4
    assert "0102" not in repr(state.key(Algorithm.AES_256))
    assert "123456" not in repr(state)
