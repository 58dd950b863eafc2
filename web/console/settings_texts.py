"""What is wrong with settings that somebody typed, in both languages."""

from __future__ import annotations

import re

from cardsvc.config_section import ConfigError
from web.console.languages import Text

_PHRASES = (
    (r"this is set at the machine only", "chỉ đặt được tại máy"),
    (r"a (?:whole )?number(?: of seconds)? from (\S+) to (\S+) is needed", "cần số từ {0} đến {1}"),
    (r"a (?:whole )?number(?: of seconds)? is needed", "cần một số"),
    (r"true or false is needed", "cần true hoặc false"),
    (r"one of (.+) is needed", "cần một trong: {0}"),
    (r"a text of 1 to (\d+) printable characters is needed", "cần từ 1 đến {0} ký tự"),
    (r"a text is needed", "cần văn bản trong ngoặc kép"),
    (r"a table is needed", "cần một bảng [tên]"),
    (r"a list of tables is needed", "cần các bảng [[tên]]"),
    (r"a list of at most (\d+) tables is needed", "cần nhiều nhất {0} bảng [[tên]]"),
    (r"a time of day HH:MM is needed", "cần giờ dạng HH:MM"),
    (r"missing: .*", "còn thiếu"),
    (r"it stands twice", "bị lặp"),
    (r"not TOML: (.*)", "không đúng cú pháp TOML ({0})"),
    (r"not Unicode", "có ký tự không đọc được"),
    (r"more than (\d+) octets", "dài quá {0} byte"),
)


def settings_fault(error: ConfigError) -> Text:
    """Return what is wrong, with the entry and its line; a rare fault's detail is in English."""
    vi_line, en_line = "", ""
    if error.line is not None:
        vi_line, en_line = f"Dòng {error.line}, ", f"Line {error.line}, "
    key = error.key or "–"
    return Text(f"{vi_line}{key}: {_in_vietnamese(error.what)}", f"{en_line}{key}: {error.what}")


def _in_vietnamese(what: str) -> str:
    for pattern, text in _PHRASES:
        if found := re.fullmatch(pattern, what):
            return text.format(*found.groups())
    return f"chưa đúng ({what})"
