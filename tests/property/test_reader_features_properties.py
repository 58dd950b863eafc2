"""What a reader tells of itself is read, or refused as ill-formed, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from reader_agent.pin_pad import parse_features, parse_properties

_octet = st.integers(0, 0xFF)


@given(st.binary(max_size=64))
def test_arbitrary_octets_give_features_or_malformed(octets: bytes) -> None:
    try:
        features = parse_features(octets)
    except Malformed:
        return
    assert len(octets) == 6 * len(features)


@given(st.dictionaries(_octet, st.integers(0, 0xFFFFFFFF), max_size=20))
def test_features_come_back(features: dict[int, int]) -> None:
    entries = [bytes([tag, 4]) + code.to_bytes(4, "big") for tag, code in features.items()]
    assert parse_features(b"".join(entries)) == features


@given(st.binary(max_size=64))
def test_arbitrary_octets_give_properties_or_malformed(octets: bytes) -> None:
    try:
        properties = parse_properties(octets)
    except Malformed:
        return
    assert len(octets) == sum(2 + len(value) for value in properties.values())


@given(st.dictionaries(_octet, st.binary(max_size=255), max_size=20))
def test_properties_come_back(properties: dict[int, bytes]) -> None:
    entries = [bytes([tag, len(value)]) + value for tag, value in properties.items()]
    assert parse_properties(b"".join(entries)) == properties
