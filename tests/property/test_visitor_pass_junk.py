"""Passes and lists of revoked ones: what is junk is Malformed, what was signed comes back."""

from __future__ import annotations

import contextlib
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, VerificationError
from cardsvc.pass_records import MOST_ENTRIES, PassClaims
from cardsvc.wire.cbor import encode_cbor
from cardsvc.wire.pass_claims import encode_pass, parse_pass
from verification.visitor_pass import parse_revoked_passes

AT = datetime(2026, 11, 21, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
instants = st.integers(0, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
passes = st.builds(
    PassClaims,
    st.uuids().map(str), texts, texts, texts, texts, st.none() | texts,
    st.integers(1, MOST_ENTRIES), instants, instants, instants,
)  # fmt: skip
values = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | texts | st.binary()


@settings(max_examples=60)
@given(passes)
def test_a_pass_comes_back_the_same(claims: PassClaims) -> None:
    assert parse_pass(encode_pass(claims)) == claims


@settings(max_examples=100)
@given(st.binary(max_size=60) | values.map(encode_cbor))
def test_junk_is_malformed(junk: bytes) -> None:
    with pytest.raises(Malformed):
        parse_pass(junk)


@settings(max_examples=150)
@given(st.sampled_from([1, 3, 4, 5, 6, 7, -65538, -65539, -65540, -65541]), values)
def test_a_changed_claim_is_malformed_or_read(name: int, value: object) -> None:
    claims = {1: "us", 3: "p", 4: 9, 5: 1, 6: 1, 7: uuid.uuid4().bytes, -65538: "z", -65539: "p",
              -65541: 1}  # fmt: skip
    with contextlib.suppress(Malformed):
        parse_pass(encode_cbor(claims | {name: value}))  # type: ignore[arg-type, dict-item]


@settings(max_examples=100)
@given(texts | st.from_regex(r"[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_-]{0,20}"))
def test_a_list_of_junk_is_refused(junk: str) -> None:
    with pytest.raises((Malformed, VerificationError)):
        parse_revoked_passes(junk, {"keys": []}, expected_issuer="us", at=AT)
