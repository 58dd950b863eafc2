"""The way forward and back through a list."""

from __future__ import annotations

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from web.console.languages import Text
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor, this_page

APP = Flask(__name__)
TEXT = Text("Danh sách", "List")


@APP.get("/list/<kind>")
def listing(kind: str) -> str:
    return kind


def table(last: str) -> Table:
    return Table(TEXT, (Column(TEXT, sort="name"),), (), TEXT, encode_cursor(last))


def walk(address: str, last: str) -> tuple[str, str]:
    """Return the addresses of the next page and of the one before."""
    with APP.test_request_context(address):
        shown = table(last)
        return shown.next_page(), shown.page_before()


def test_every_page_leads_back_to_the_one_before() -> None:
    address, seen = "/list/x?state=open", []
    for number in range(5):
        onward, back = walk(address, f"row {(number + 1) * PAGE_ROWS}")
        assert back.partition("&trail")[0] == (seen[-1].partition("&trail")[0] if seen else "")
        seen.append(address)
        address = onward
    while seen:
        _, address = walk(address, "any")
        assert address == seen.pop()
    assert walk(address, "any")[1] == ""


def test_a_long_way_forgets_its_start_and_no_more() -> None:
    address = "/list/x"
    for number in range(60):
        address, _ = walk(address, f"{number:040d}")
    assert len(address) < 2000
    steps = 0
    while (before := walk(address, "any")[1]) != "":
        address = before
        steps += 1
    assert 15 < steps < 60
    with APP.test_request_context(address):
        assert read_cursor(1) is not None  # not taken for the first page


def test_sorting_and_the_first_page_forget_the_way() -> None:
    onward, _ = walk("/list/x?sort=name", "a")
    with APP.test_request_context(onward):
        shown = Table(TEXT, (), (), TEXT, sort="name")
        assert "trail" not in shown.sorted_by(Column(TEXT, sort="name"))
        assert this_page(after="") == "/list/x?sort=name"


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_in_the_address_leads_somewhere(after: str, trail: str) -> None:
    with APP.test_request_context("/list/x", query_string={"after": after, "trail": trail}):
        shown = table("z")
        for address in (shown.next_page(), shown.page_before()):
            assert address == "" or address.startswith("/list/x")
