"""Reads layout files, strictly: a slip is an error at start, not a card without a name."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.faces.content import FIELD_NAMES
from issuance.faces.fonts import Weight
from issuance.faces.layout import (
    Align,
    Box,
    DecisionQr,
    Element,
    Layout,
    Pattern,
    PatternName,
    Photo,
    Picture,
    Qr,
    QrProfile,
    Rectangle,
    Text,
)

MAX_LAYOUT_CHARACTERS = 256 * 1024
_CARD_MM = (20.0, 200.0)
"""Sides of anything that can be called a card."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_FILE = re.compile(r"[A-Za-z0-9_-]{1,64}\.(?:png|jpg|jpeg)")
"""A plain file name: a layout reaches no other folder."""
_SLACK_MM = 1e-6


def parse_layout(text: str) -> Layout:
    """Parse a layout file (TOML 1.0).

    Raises:
        Malformed: MALFORMED_LAYOUT; not TOML, an unknown or missing entry, a value of another
            kind, a box beyond the card, an unknown field.
    """
    if len(text) > MAX_LAYOUT_CHARACTERS:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, "the layout is too long")
    try:
        return _layout(tomllib.loads(text))
    except Malformed:
        raise
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, f"the layout: {error}") from error


def shipped_layout(card_type: CardType) -> str:
    """Return the text of the layout that comes with the package; a pattern for one's own."""
    folder = resources.files("issuance.faces").joinpath("layouts")
    return folder.joinpath(f"{card_type.value}.toml").read_text("utf-8")


def load_layout(card_type: CardType, folder: Path | None = None) -> Layout:
    """Return the installation's layout of a card type, or the shipped one.

    Args:
        card_type: the type.
        folder: holds ``TYPE.toml`` where the installation has its own.

    Raises:
        Malformed: MALFORMED_LAYOUT, also where the file is for another card type.
    """
    own = None if folder is None else folder / f"{card_type.value}.toml"
    try:
        text = own.read_text("utf-8") if own and own.exists() else shipped_layout(card_type)
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, f"{own}: not readable") from error
    layout = parse_layout(text)
    if layout.card_type is not card_type:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, "the layout is for another card type")
    return layout


def _layout(data: dict[str, Any]) -> Layout:
    width, height = (_within(one, *_CARD_MM) for one in _numbers(data.pop("size_mm"), 2))
    colours = {str(name): _colour(value, {}) for name, value in data.pop("colours").items()}
    qr = data.pop("decision_qr", None)
    card = Box(0, 0, width, height)
    layout = Layout(
        card_type=CardType(data.pop("card_type")),
        width=width,
        height=height,
        corner=_within(data.pop("corner_mm"), 0, 5),
        front=tuple(_element(one, card, colours) for one in data.pop("front")),
        back=tuple(_element(one, card, colours) for one in data.pop("back")),
        decision_qr=None if qr is None else _decision_qr(qr),
    )
    if data:
        raise ValueError(f"unknown entries {sorted(data)}")
    profiles = {one.profile for one in layout.elements if isinstance(one, Qr)}
    if QrProfile.DECISION_838 in profiles and layout.decision_qr is None:
        raise ValueError("decision_qr is missing")
    return layout


def _element(data: dict[str, Any], card: Box, colours: Mapping[str, str]) -> Element:
    entry = dict(data)
    kind, box = entry.pop("kind"), _box(entry.pop("box"), card)
    make = _KINDS.get(kind)
    if make is None:
        raise ValueError(f"unknown kind {kind!r}")
    element = make(entry, box, colours)
    if entry:
        raise ValueError(f"{kind}: unknown entries {sorted(entry)}")
    if isinstance(element, Qr):
        zone = element.quiet
        _box([box.x - zone, box.y - zone, box.width + 2 * zone, box.height + 2 * zone], card)
    return element


def _rectangle(entry: dict[str, Any], box: Box, colours: Mapping[str, str]) -> Rectangle:
    corner = _within(entry.pop("corner", 0.0), 0, min(box.width, box.height) / 2)
    return Rectangle(box, _colour(entry.pop("colour"), colours), corner)


def _pattern(entry: dict[str, Any], box: Box, colours: Mapping[str, str]) -> Pattern:
    return Pattern(PatternName(entry.pop("name")), box, _colour(entry.pop("colour"), colours))


def _picture(entry: dict[str, Any], box: Box, colours: Mapping[str, str]) -> Picture:
    file = entry.pop("file", None)
    if file is not None and not _FILE.fullmatch(file):
        raise ValueError("file: the plain name of a PNG or JPEG")
    return Picture(box, _colour(entry.pop("colour"), colours), file)


def _photo(entry: dict[str, Any], box: Box, colours: Mapping[str, str]) -> Photo:
    return Photo(box, _colour(entry.pop("frame"), colours))


def _text(entry: dict[str, Any], box: Box, colours: Mapping[str, str]) -> Text:
    size = _within(entry.pop("size"), 3, 40)
    text = entry.pop("text")
    for _, field, form, conversion in string.Formatter().parse(text):
        if field is not None and (field not in FIELD_NAMES or form or conversion):
            raise ValueError(f"unknown field {field!r}")
    return Text(
        name=str(entry.pop("name")),
        box=box,
        text=text,
        colour=_colour(entry.pop("colour"), colours),
        weight=Weight(entry.pop("weight", Weight.REGULAR)),
        size=size,
        min_size=_within(entry.pop("min_size", size), 3, size),
        lines=_whole(entry.pop("lines", 1), 1, 12),
        align=Align(entry.pop("align", Align.LEFT)),
        leading=_within(entry.pop("leading", 1.25), 1, 2),
        upper=_flag(entry, "upper"),
        optional=_flag(entry, "optional"),
        ground=_flag(entry, "ground"),
    )


def _qr(entry: dict[str, Any], box: Box, _: Mapping[str, str]) -> Qr:
    if abs(box.width - box.height) > _SLACK_MM:
        raise ValueError("a QR code is square")
    return Qr(
        box,
        QrProfile(entry.pop("profile")),
        _within(entry.pop("quiet"), 0, 10),
        _whole(entry.pop("min_version", 1), 1, 40),
    )


_KINDS: dict[str, Callable[[dict[str, Any], Box, Mapping[str, str]], Element]] = {
    "rectangle": _rectangle,
    "pattern": _pattern,
    "picture": _picture,
    "photo": _photo,
    "text": _text,
    "qr": _qr,
}


def _decision_qr(data: dict[str, Any]) -> DecisionQr:
    entry = dict(data)
    qr = DecisionQr(
        fields=tuple(entry.pop("fields")),
        shorten=tuple(entry.pop("shorten", ())),
        abbreviations={str(k): str(v) for k, v in entry.pop("abbreviations", {}).items()},
    )
    if entry or set(qr.fields) - FIELD_NAMES or set(qr.shorten) - set(qr.fields):
        raise ValueError("decision_qr: unknown entries or fields")
    if qr.fields[:1] != ("random_number",):
        raise ValueError("decision_qr: the first field is random_number")
    return qr


def _box(value: object, card: Box) -> Box:
    box = Box(*_numbers(value, 4))
    inside = min(box.x, box.y, card.width - box.right, card.height - box.bottom) >= -_SLACK_MM
    if not inside or min(box.width, box.height) <= 0:
        raise ValueError("a box is empty or reaches beyond the card")
    return box


def _numbers(value: object, count: int) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"{count} numbers are wanted")
    return tuple(_within(one, -1000, 1000) for one in value)


def _within(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"a number from {low:g} to {high:g} is wanted")
    return float(value)


def _whole(value: object, low: int, high: int) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number is wanted")
    return int(_within(value, low, high))


def _flag(entry: dict[str, Any], name: str) -> bool:
    value = entry.pop(name, False)
    if not isinstance(value, bool):
        raise TypeError(f"{name} is true or false")
    return value


def _colour(value: object, colours: Mapping[str, str]) -> str:
    if not isinstance(value, str) or not (value in colours or _COLOUR.fullmatch(value)):
        raise ValueError("a colour is #RRGGBB or a name from [colours]")
    return colours.get(value, value)
