"""The font files of card faces, served to the console as they lie there."""

from __future__ import annotations

from pathlib import Path

import issuance.faces

FONT_FOLDER = Path(issuance.faces.__file__).with_name("fonts")
FONT_FILES = frozenset(one.name for one in FONT_FOLDER.glob("*.ttf"))
