"""Sealed values open in their place, with the right key, and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.sealed import DerivedDataKeys, Sealer

OLD = {"k1": b"1" * 32}
NEW = {"k2": b"2" * 32, **OLD}
INDEX = b"3" * 32
PLACE = "holders.personal_number:holder-1"


def sealer(masters: dict[str, bytes], index: bytes = INDEX) -> Sealer:
    return Sealer(DerivedDataKeys(masters, index))


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=50)
def test_a_value_opens_in_its_place(text: str) -> None:
    one = sealer(OLD)
    assert one.open(one.seal(text, PLACE), PLACE) == text


def test_equal_texts_are_sealed_differently_and_found_alike() -> None:
    one = sealer(OLD)
    assert one.seal("001099012345", PLACE) != one.seal("001099012345", PLACE)
    assert b"001099012345" not in one.seal("001099012345", PLACE)
    index = one.blind_index("001099012345", "personal_number")
    assert len(index) == 32
    assert index == sealer(NEW).blind_index("001099012345", "personal_number")
    assert index != one.blind_index("001099012346", "personal_number")
    assert index != one.blind_index("001099012345", "enterprise_number")
    assert index != sealer(OLD, b"4" * 32).blind_index("001099012345", "personal_number")


def test_after_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    old, new = sealer(OLD), sealer(NEW)
    assert new.open(old.seal("một", PLACE), PLACE) == "một"
    with pytest.raises(StoreError) as caught:
        old.open(new.seal("hai", PLACE), PLACE)
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT


@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
def test_a_value_does_not_open_elsewhere_or_with_another_key() -> None:
    sealed = sealer(OLD).seal("001099012345", PLACE)
    for other, place in ((sealer(OLD), PLACE + "0"), (sealer({"k1": b"9" * 32}), PLACE)):
        with pytest.raises(StoreError) as caught:
            other.open(sealed, place)
        assert caught.value.reason is ReasonCode.RECORD_CORRUPT
        assert "001099012345" not in str(caught.value)


@given(st.data())
@settings(max_examples=150)
def test_a_changed_value_does_not_open(data: st.DataObject) -> None:
    sealed = sealer(OLD).seal("001099012345", PLACE)
    at = data.draw(st.integers(0, len(sealed) - 1))
    octet = data.draw(st.integers(1, 255))
    changed = sealed[:at] + bytes((sealed[at] ^ octet,)) + sealed[at + 1 :]
    for spoilt in (changed, sealed[:at], sealed + b"\x00", data.draw(st.binary(max_size=80))):
        with pytest.raises(StoreError):
            sealer(OLD).open(spoilt, PLACE)


@pytest.mark.parametrize("masters", [{}, {"k1": b"short"}])
def test_weak_masters_are_refused(masters: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="32 octets"):
        DerivedDataKeys(masters, INDEX)
    with pytest.raises(ValueError, match="32 octets"):
        DerivedDataKeys(OLD, b"short")
