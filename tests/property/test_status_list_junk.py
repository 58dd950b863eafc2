"""Status lists come back as they went in; junk is malformed, a bomb is not unpacked."""

from __future__ import annotations

import base64
import contextlib
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.status_list import MAX_LIST_OCTETS, StatusList, parse_status_list
from tests.support.rehearsal_pki import AT
from tests.support.status_lists import SignedLists, sign_lists
from verification.status.list_token import verify_status_list

WIDTHS = st.sampled_from([1, 2, 4, 8])


def lst(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def refused(claim: object) -> None:
    with pytest.raises(Malformed) as caught:
        parse_status_list(claim)
    assert caught.value.reason is ReasonCode.MALFORMED_STATUS_LIST


@settings(max_examples=150)
@given(WIDTHS, st.data())
def test_a_list_comes_back(bits: int, data: st.DataObject) -> None:
    statuses = data.draw(st.lists(st.integers(0, (1 << bits) - 1), max_size=70))
    made = StatusList.of(len(statuses), enumerate(statuses), bits)
    read = parse_status_list(made.claim("https://example.com/lists"))
    assert read == made
    assert [read.status(index) for index in range(len(statuses))] == statuses
    assert 0 <= read.size - len(statuses) < 8
    for outside in (-1, read.size, 1 << 70):
        with pytest.raises(VerificationError) as caught:
            read.status(outside)
        assert caught.value.reason is ReasonCode.STATUS_UNKNOWN


@given(WIDTHS, st.integers(-3, 300), st.integers(-3, 300))
def test_what_does_not_fit_is_not_packed(bits: int, index: int, status: int) -> None:
    fits = 0 <= index < 9 and 0 <= status < 1 << bits
    with contextlib.nullcontext() if fits else pytest.raises(ValueError):
        StatusList.of(9, [(index, status)], bits)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@pytest.mark.reason(ReasonCode.MALFORMED_STATUS_LIST)
@settings(max_examples=150)
@given(JSON | st.fixed_dictionaries({"bits": JSON | WIDTHS, "lst": JSON}))
def test_junk_is_malformed(claim: object) -> None:
    refused(claim)


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, 40), st.binary(max_size=3))
def test_a_changed_list_is_malformed_or_read(array: bytes, where: int, change: bytes) -> None:
    packed = zlib.compress(array)
    changed = packed[:where] + change + packed[where + len(change) :]
    with contextlib.suppress(Malformed):
        parse_status_list({"bits": 2, "lst": lst(changed)})
    for cut in (packed[:-1], packed + b"\0", packed + packed, b""):
        refused({"bits": 2, "lst": lst(cut)})


@pytest.mark.parametrize(
    "text", ["eNrbuRgAAhcBXQ==", "eNrbuRgAAhcBXR", "eNrb uRgAAhcBXQ", "eNr+", "e"]
)
def test_only_canonical_base64url_is_read(text: str) -> None:
    refused({"bits": 1, "lst": text})


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    claim = {"bits": 2, "lst": lst(bomb)}
    tracemalloc.start()
    refused(claim)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_LIST_OCTETS  # of 256 MiB
    largest = StatusList(2, bytes(MAX_LIST_OCTETS))
    assert parse_status_list(largest.claim()) == largest


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedLists:
    return sign_lists(tmp_path_factory.mktemp("vault") / "vault", {5: 1})


@pytest.mark.reason(ReasonCode.MALFORMED_STATUS_LIST)
@settings(max_examples=100)
@given(junk=st.text(max_size=40) | st.from_regex(r"\A[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}\Z"))
def test_a_token_of_junk_is_malformed(signed: SignedLists, junk: str) -> None:
    with pytest.raises(Malformed) as caught:
        verify_status_list(junk, signed.key_set, expected_uri=signed.uri, at=AT)
    assert caught.value.reason is ReasonCode.MALFORMED_STATUS_LIST


@settings(max_examples=100)
@given(data=st.data())
def test_a_changed_token_is_refused(signed: SignedLists, data: st.DataObject) -> None:
    token = signed.token
    where = data.draw(st.integers(0, len(token) - 1))
    new = data.draw(st.characters(codec="ascii", exclude_characters=token[where]))
    # the last character of a part has bits that mean nothing: there the signature may hold
    changed = token[:where] + new + token[where + 1 :]
    with contextlib.suppress(Malformed, VerificationError):
        found = verify_status_list(changed, signed.key_set, expected_uri=signed.uri, at=AT)
        assert found.statuses.status(5) == 1


def junk_keys() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"keys": st.lists(st.dictionaries(st.sampled_from(["kid", "kty", "x"]), st.text()))}
    )


@settings(max_examples=50)
@given(keys=junk_keys())
def test_a_key_set_of_junk_opens_nothing(signed: SignedLists, keys: dict[str, Any]) -> None:
    with pytest.raises((Malformed, VerificationError)):
        verify_status_list(signed.token, keys, expected_uri=signed.uri, at=AT)
