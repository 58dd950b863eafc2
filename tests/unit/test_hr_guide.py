"""The guide for the people at the console names what is on their screens."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "hr.md"
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_NO_SCREEN_TEXTS = {"Tóm tắt.", "ba người", "English"}


def test_every_word_in_bold_is_on_a_screen() -> None:
    sources = [
        *(ROOT / "web" / "console").rglob("*.html"),
        *(ROOT / "web" / "console").rglob("*.py"),
    ]
    screens = " ".join(one.read_text("utf-8") for one in sources)
    guide = " ".join(GUIDE.read_text("utf-8").replace("\n> ", " ").split())
    named = {one.strip() for one in _BOLD.findall(guide)} - _NO_SCREEN_TEXTS
    steps = {one for one in named if not one.endswith(".")} - {"Sửa dòng N"}
    assert len(steps) > 25
    assert [one for one in sorted(steps) if one not in screens] == []
