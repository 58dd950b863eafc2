"""Whatever the octets: a list is read, or refused by a typed error."""

from __future__ import annotations

import contextlib
import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, StoreError
from cardsvc.terms import CardType
from issuance.importing.cells import read_cell
from issuance.importing.content import decode_content, encode_content
from issuance.importing.csv_table import parse_csv
from issuance.importing.encodings import TextEncoding, parse_text
from issuance.importing.fields import Field
from issuance.importing.headings import heading_score
from issuance.importing.legacy_text import detect
from issuance.importing.person import CheckContext, read_person
from issuance.importing.photo_archive import parse_photo_archive
from issuance.importing.rows import RowValues
from issuance.importing.source import ListOptions, parse_list
from issuance.importing.table import text_cell
from issuance.importing.workbooks import defused
from issuance.importing.xlsx import parse_workbook
from tests.support.lists import AT, HEAD, KHUE, listed_agencies, staff_csv, xlsx

GOOD = xlsx(HEAD, KHUE)
CSV = staff_csv(3)
AGENCIES = listed_agencies()
OPTIONS = [ListOptions(kind) for kind in CardType]


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from([None, *TextEncoding]))
def test_junk_is_no_text(junk: bytes, encoding: TextEncoding | None) -> None:
    with contextlib.suppress(Malformed):
        assert parse_text(junk, encoding).lines


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b""]))
def test_junk_is_no_workbook_and_no_archive(junk: bytes, magic: bytes) -> None:
    for parse in (parse_workbook, parse_photo_archive):
        with contextlib.suppress(Malformed):
            parse(magic + junk)


@settings(max_examples=100)
@given(st.text(max_size=200), st.sampled_from(OPTIONS))
def test_junk_text_is_no_list(junk: str, options: ListOptions) -> None:
    with contextlib.suppress(Malformed):
        parse_list(junk.encode("utf-8", "replace"), options)
    with contextlib.suppress(Malformed):
        parse_csv(junk.encode("utf-8", "replace"), heading_score)


@settings(max_examples=150)
@given(st.integers(0, len(CSV) - 1), st.binary(min_size=1, max_size=8))
def test_a_changed_csv_is_read_or_refused(at: int, junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_list(CSV[:at] + junk + CSV[at + 1 :], OPTIONS[0])


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_changed_workbook_is_read_or_refused(at: int, junk: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_list(GOOD[:at] + junk + GOOD[at + len(junk) :], OPTIONS[0])


@settings(max_examples=200)
@given(st.data())
def test_a_workbook_with_a_changed_part_is_read_or_refused(data: st.DataObject) -> None:
    """The archive is whole here, so that the XML behind it is reached."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    end = at + data.draw(st.integers(0, 30))
    junk = data.draw(st.binary(max_size=6) | st.sampled_from([b"999999", b'"', b"<", b"-1", b"/>"]))
    parts[name] = parts[name][:at] + junk + parts[name][end:]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one, content in parts.items():
            archive.writestr(one, content)
    with contextlib.suppress(Malformed):
        parse_list(out.getvalue(), OPTIONS[0])


@settings(max_examples=200)
@given(st.text(max_size=40), st.sampled_from(Field))
def test_any_text_is_a_cell_and_any_row_is_checked(text: str, field: Field) -> None:
    read, findings = read_cell(text_cell(text), field, is_epoch_1904=False)
    assert read == read.strip()
    row = RowValues(2, {field: read} if read else {}, tuple(findings))
    for kind in CardType:
        person, found = read_person(row, CheckContext(kind, AGENCIES, AT.date()))
        assert person is None
        assert found
    assert decode_content(2, encode_content(row)) == row


@given(st.text(max_size=30))
def test_a_row_that_was_tampered_with_is_corrupt_and_no_crash(text: str) -> None:
    for content in (text, f'{{"values": {text}}}', '{"values": {}, "findings": [[1]]}'):
        with contextlib.suppress(StoreError):
            decode_content(2, content)


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_texts_are_defused_and_detected_without_a_crash(text: str) -> None:
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    garbled = detect(text)
    assert garbled is None or garbled[1] != text
