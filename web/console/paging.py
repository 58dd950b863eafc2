"""Tables: columns, sorting, keyset paging. A cursor says after which row the next page begins."""

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


def this_page(**changes: str) -> str:
    """Return the address of the present page with other arguments; an empty one is left out."""
    return page_of(request.endpoint or "", **changes)


def page_of(endpoint: str, **changes: str) -> str:
    """Return the address of another page with the present page's arguments."""
    route = request.view_args or {}
    # a name that begins so is url_for's own: ?_external=1&_scheme=… would make another address
    asked = {name: one for name, one in request.args.items() if not name.startswith("_")}
    kept = {name: one for name, one in {**asked, **changes}.items() if one and name not in route}
    return url_for(endpoint, **route, **kept)  # type: ignore[arg-type]


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
