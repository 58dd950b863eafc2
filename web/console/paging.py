"""Tables: columns, sorting, keyset paging. A cursor says after which row the next page begins.

The way back is the trail of the cursors that led here: lists change while somebody reads them, and
a page that was seen is found again by the row after which it began. A long trail forgets its start.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import request, url_for

from web.console.languages import Text

PAGE_ROWS = 50
_MAX_CURSOR_CHARACTERS = 512
_AFTER, _TRAIL = "after", "trail"
_BETWEEN, _FIRST_PAGE = "~", "-"
_MAX_TRAIL_CHARACTERS = 1500
"""Some twenty pages; an address of 8,000 octets is refused by many a proxy."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        text: its heading.
        sort: the name that sorts by it, empty where nobody can.
        numeric: figures stand flush right.
    """

    text: Text
    sort: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """How a table stands on its page; the template draws each row's cells.

    Args:
        caption: what is listed.
        columns: its columns.
        rows: of this page.
        empty: what is said where there are none, and what to do.
        next_cursor: where the next page begins; empty on the last.
        sort: the column that it is sorted by; ``-`` before it for downwards.
        exports: endpoints of the whole list as a file, by name (``CSV``, ``XLSX``).
    """

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[object]
    empty: Text
    next_cursor: str = ""
    sort: str = ""
    exports: dict[str, str] = field(default_factory=dict)

    def direction(self, column: Column) -> str:
        """Return the column's ``aria-sort``."""
        if not column.sort or self.sort.removeprefix("-") != column.sort:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"

    def sorted_by(self, column: Column) -> str:
        """Return the address of this table sorted by a column, or the other way round."""
        down = self.direction(column) == "ascending"
        return this_page(sort=f"-{column.sort}" if down else column.sort, after="")

    def next_page(self) -> str:
        """Return the address of the next page."""
        here = request.args.get(_AFTER, "") or _FIRST_PAGE
        trail = _trail() if here != _FIRST_PAGE else []
        return this_page(after=self.next_cursor, trail=_joined([*trail, here]))

    def page_before(self) -> str:
        """Return the address of the page before; empty where the way back is not known."""
        if not request.args.get(_AFTER) or not (trail := _trail()):
            return ""
        after = "" if trail[-1] == _FIRST_PAGE else trail[-1]
        return this_page(after=after, trail=_joined(trail[:-1]))


def this_page(**changes: str) -> str:
    """Return the address of the present page with other arguments; an empty one is left out."""
    return page_of(request.endpoint or "", **changes)


def page_of(endpoint: str, **changes: str) -> str:
    """Return the address of another page with the present page's arguments."""
    route = request.view_args or {}
    # a name that begins so is url_for's own: ?_external=1&_scheme=… would make another address
    asked = {name: one for name, one in request.args.items() if not name.startswith("_")}
    if changes.get(_AFTER) == "":
        asked.pop(_TRAIL, None)
    kept = {name: one for name, one in {**asked, **changes}.items() if one and name not in route}
    return url_for(endpoint, **route, **kept)  # type: ignore[arg-type]


def _trail() -> list[str]:
    """Return the cursors that led to this page, the oldest first."""
    text = request.args.get(_TRAIL, "")
    return [] if len(text) > _MAX_TRAIL_CHARACTERS else list(filter(None, text.split(_BETWEEN)))


def _joined(trail: Sequence[str]) -> str:
    """Return a trail for an address; the oldest cursors are left out of one that is too long."""
    kept = list(trail)
    while len(joined := _BETWEEN.join(kept)) > _MAX_TRAIL_CHARACTERS:
        kept.pop(0)
    return joined


def encode_cursor(*keys: str) -> str:
    """Return a cursor for the keys of a page's last row."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode("ascii").rstrip("=")


def read_cursor(count: int) -> tuple[str, ...] | None:
    """Return the keys of the request's cursor; None on the first page, or where it is none."""
    text = request.args.get("after", "")
    if not 0 < len(text) <= _MAX_CURSOR_CHARACTERS:
        return None
    try:
        keys = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(keys, list) or len(keys) != count:
        return None
    return tuple(keys) if all(isinstance(key, str) for key in keys) else None
