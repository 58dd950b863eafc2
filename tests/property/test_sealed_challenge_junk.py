"""A sealed challenge comes back as it went out; what we did not seal is nobody's challenge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cardsvc.service_records import MAX_NONCE_OCTETS, Challenge
from cardsvc.terms import AssuranceLevel
from verification.sealed_challenge import keyed, seal, unseal

AT = datetime(2026, 11, 21, tzinfo=UTC)
KEY, OTHER_KEY = keyed(b"\x01" * 32), keyed(b"\x02" * 32)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
CHALLENGES = st.builds(
    Challenge,
    nonce=st.binary(min_size=32, max_size=32),
    relying_party=TEXT,
    service=TEXT,
    agent=TEXT.map(lambda text: text[:64]),
    level=st.sampled_from(AssuranceLevel),
    expires_at=st.integers(0, 2**40).map(lambda n: AT + timedelta(milliseconds=n)),
)


@given(CHALLENGES)
def test_it_comes_back_as_it_went_out(challenge: Challenge) -> None:
    nonce = seal(KEY, challenge)
    assert len(nonce) <= MAX_NONCE_OCTETS
    found = unseal(KEY, nonce)
    assert found is not None
    assert found.nonce == nonce
    for name in ("relying_party", "service", "agent", "level", "expires_at"):
        assert getattr(found, name) == getattr(challenge, name)


@given(CHALLENGES, st.data())
def test_one_bit_changed_is_none_of_ours(challenge: Challenge, data: st.DataObject) -> None:
    nonce = bytearray(seal(KEY, challenge))
    at = data.draw(st.integers(0, len(nonce) * 8 - 1))
    nonce[at // 8] ^= 1 << at % 8
    assert unseal(KEY, bytes(nonce)) is None


@given(CHALLENGES, st.data())
def test_a_part_or_more_is_none_of_ours(challenge: Challenge, data: st.DataObject) -> None:
    nonce = seal(KEY, challenge)
    cut = data.draw(st.integers(0, len(nonce) - 1))
    more = data.draw(st.binary(min_size=1, max_size=40))
    for other in (nonce[:cut], nonce[cut + 1 :], nonce + more, more + nonce):
        assert unseal(KEY, other) is None


@given(st.binary(max_size=400))
def test_junk_is_none_of_ours(octets: bytes) -> None:
    assert unseal(KEY, octets) is None


@given(CHALLENGES)
def test_another_services_seal_is_none_of_ours(challenge: Challenge) -> None:
    assert unseal(OTHER_KEY, seal(KEY, challenge)) is None


@given(CHALLENGES, st.binary(max_size=64))
def test_only_32_random_octets_are_sealed_over(challenge: Challenge, nonce: bytes) -> None:
    assume(len(nonce) != 32)
    with pytest.raises(ValueError, match="32 random octets"):
        seal(
            KEY,
            Challenge(
                nonce,
                challenge.relying_party,
                challenge.service,
                challenge.agent,
                challenge.level,
                challenge.expires_at,
            ),
        )
