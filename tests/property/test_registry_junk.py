"""Junk in lists of agencies, search fields and cursors raises only Malformed."""

from __future__ import annotations

import contextlib
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.holder_search_records import ByCard, ByName, ByNumber, HolderCursor
from issuance.registry.agency_list import parse_agency_list
from issuance.registry.search_query import MAX_WORDS, parse_search

LINE = "H57.12\tSở Nội vụ\t2020-07-22"


@settings(max_examples=150)
@given(st.text(max_size=80), st.integers(0, len(LINE)), st.integers(0, 4))
def test_agency_lists(junk: str, at: int, cut: int) -> None:
    changed = LINE[:at] + junk + LINE[at + cut :]
    for text in (junk, f"code\tname\tvalid_from\n{changed}", f"[[agency]]\n{junk}"):
        with contextlib.suppress(Malformed):
            parse_agency_list(text)


@settings(max_examples=200)
@given(st.text(max_size=220))
def test_search_fields(text: str) -> None:
    with contextlib.suppress(Malformed):
        query = parse_search(text)
        if isinstance(query, ByName):
            assert len(query.words) <= MAX_WORDS
            assert all(word.folded and " " not in word.folded for word in query.words)


@settings(max_examples=100)
@given(st.uuids(), st.integers(4, 36), st.booleans())
def test_a_beginning_of_a_guid_finds_it(guid: uuid.UUID, length: int, upper: bool) -> None:
    text = str(guid)[:length].upper() if upper else str(guid)[:length]
    if sum(character != "-" for character in text) < 4:
        return
    query = parse_search(text)
    if isinstance(query, ByCard):
        assert query.first.octets <= CardGuid(guid.bytes).octets <= query.last.octets
    else:  # letters alone are a name, nine or twelve digits are a person's number
        assert isinstance(query, ByName | ByNumber)


@pytest.mark.reason(ReasonCode.MALFORMED_SEARCH)
@pytest.mark.parametrize("text", ["12", "01234567 xyz", "ghi 123", "１２３４", "a" * 201, "zz99"])
def test_digits_that_are_nothing_are_said(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_search(text)
    assert caught.value.reason is ReasonCode.MALFORMED_SEARCH


keys = st.text(st.characters(codec="utf-8"), max_size=40)


@given(st.integers(0, 3), keys, keys)
def test_a_cursor_comes_back(rank: int, sort_key: str, holder_id: str) -> None:
    cursor = HolderCursor(rank, sort_key, holder_id)
    assert HolderCursor.parse(cursor.encode()) == cursor


@settings(max_examples=150)
@given(st.text(max_size=60) | st.from_regex(r"W[A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_cursors(text: str) -> None:
    with contextlib.suppress(Malformed):
        HolderCursor.parse(text)
