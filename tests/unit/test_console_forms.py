"""Reading forms, and writing lists for spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import openpyxl
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from web.console.exports import send_csv, send_xlsx
from web.console.forms import FormReader
from web.console.languages import Text
from web.console.paging import encode_cursor, read_cursor

LABEL = Text("Ngày sinh", "Date of birth")
APP = Flask(__name__)


@pytest.fixture(autouse=True)
def in_a_request() -> Iterator[None]:
    with APP.test_request_context():
        yield


def reader(**typed: str) -> FormReader:
    return FormReader(MultiDict(typed))


@pytest.mark.parametrize("typed", ["27/03/1990", "27-3-1990", " 27.03.1990 "])
def test_a_day(typed: str) -> None:
    form = reader(day=typed)
    assert form.day("day", LABEL) == date(1990, 3, 27)
    assert form.errors == []


@pytest.mark.parametrize(
    "typed", ["31/02/1990", "1990-03-27", "27/03/90", "0/1/1990", "２７/03/1990", "27/03/0000", "x"]
)
def test_no_day(typed: str) -> None:
    form = reader(day=typed)
    assert form.day("day", LABEL) is None
    assert form.value("day") == typed
    assert str(form.errors[0].text) == "Ngày sinh phải là ngày có thật, ví dụ 27/03/2026"


@given(typed=st.text(max_size=300))
def test_whatever_is_typed_is_kept_and_nothing_escapes(typed: str) -> None:
    form = reader(a=typed)
    form.text("a", LABEL)
    form.day("a", LABEL)
    form.whole_number("a", LABEL, least=0, most=99)
    assert form.choice("a", LABEL, ["1"]) == ("1" if typed == "1" else None)
    assert form.value("a") == typed


def test_text_is_one_line_in_nfc() -> None:
    form = reader(a="  Ho\u0300a \n  Bi\u0300nh ", b="x" * 201, c="a\x00b", d=" ")
    assert form.text("a", LABEL) == "Hòa Bình"
    for name in ("b", "c", "d"):
        form.text(name, LABEL)
    assert [one.name for one in form.errors] == ["b", "c", "d"]
    assert form.text("d", LABEL, required=False) == ""


@pytest.mark.parametrize(("typed", "found"), [("0", 0), ("99", 99), ("100", None), ("-1", None)])
def test_whole_numbers(typed: str, found: int | None) -> None:
    assert reader(n=typed).whole_number("n", LABEL, least=0, most=99) == found


def test_choices_are_those_offered() -> None:
    form = FormReader(MultiDict([("a", "x"), ("a", "forged")]))
    assert form.choices("a", LABEL, ["x", "y"]) == ["x"]
    assert form.choices("b", LABEL, ["x"]) == []
    assert [one.name for one in form.errors] == ["b"]


HOSTILE = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"]


def test_no_cell_is_a_formula() -> None:
    rows = [[one, 5] for one in [*HOSTILE, "Đặng Thị Ấn", "a\x07b"]]
    text = send_csv("ds", ["Tên", "Số"], rows).get_data(as_text=True)
    assert text.startswith("\ufeffTên,Số\r\n")
    book = openpyxl.load_workbook(io.BytesIO(send_xlsx("ds", ["Tên", "Số"], rows).get_data()))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert all(cell.data_type == "s" and cell.value[0] == "'" for cell in cells[: len(HOSTILE)])
    assert [cell.value for cell in cells[len(HOSTILE) :]] == ["Đặng Thị Ấn", "a b"]


def test_cursors_come_back() -> None:
    keys = ("Ấn", "046190012345")
    with APP.test_request_context(f"/?after={encode_cursor(*keys)}"):
        assert read_cursor(2) == keys
        assert read_cursor(1) is None


@pytest.mark.parametrize("odd", ["", "x", "W10", "eyJhIjoxfQ", "WzEsMl0", "A" * 600, "ấ"])
def test_odd_cursors_are_the_first_page(odd: str) -> None:
    with APP.test_request_context("/", query_string={"after": odd}):
        assert read_cursor(2) is None
