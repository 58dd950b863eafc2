"""Layout files: the shipped ones are sound, and slips are refused at once."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.faces.layout import Box, Element, Photo, Qr, QrProfile, Text
from issuance.faces.layout_file import load_layout, parse_layout, shipped_layout

STAFF = shipped_layout(CardType.CIVIL_SERVANT)


def area(element: Element) -> Box:
    box = element.box
    zone = element.quiet if isinstance(element, Qr) else 0
    return Box(box.x - zone, box.y - zone, box.width + 2 * zone, box.height + 2 * zone)


def meet(one: Box, other: Box) -> bool:
    apart = one.right <= other.x or other.right <= one.x
    return not (apart or one.bottom <= other.y or other.bottom <= one.y)


@pytest.mark.parametrize("card_type", CardType)
def test_nothing_is_printed_over_anything_else(card_type: CardType) -> None:
    layout = load_layout(card_type)
    for face in (layout.front, layout.back):
        printed = [one for one in face if isinstance(one, Text | Photo | Qr)]
        for one, other in combinations(printed, 2):
            assert not meet(area(one), area(other)), (one, other)


def test_the_staff_card_is_the_decision_s() -> None:
    layout = load_layout(CardType.CIVIL_SERVANT)
    assert (layout.width, layout.height) == (85.725, 53.975)
    (qr,) = (one for one in layout.front if isinstance(one, Qr))
    assert (qr.box.width, qr.box.height, qr.profile) == (12, 12, QrProfile.DECISION_838)
    shown = " ".join(one.text for one in layout.front if isinstance(one, Text))
    for field in ("agency_name", "unit_name", "full_name", "position", "card_number"):
        assert f"{{{field}}}" in shown
    assert any(isinstance(one, Photo) for one in layout.front)
    assert not any(isinstance(one, Text | Qr | Photo) for one in layout.back)


@pytest.mark.parametrize("card_type", CardType)
def test_corners_are_those_of_iso_7810(card_type: CardType) -> None:
    assert 2.88 <= load_layout(card_type).corner <= 3.48


def test_an_installation_has_its_own_layout(tmp_path: Path) -> None:
    own = shipped_layout(CardType.INDIVIDUAL).replace("CÁ NHÂN", "CƯ DÂN")
    (tmp_path / "individual.toml").write_text(own)
    titles = [
        one.text
        for one in load_layout(CardType.INDIVIDUAL, tmp_path).front
        if isinstance(one, Text)
    ]
    assert "THẺ ĐIỆN TỬ CƯ DÂN" in titles
    assert load_layout(CardType.BUSINESS, tmp_path) == load_layout(CardType.BUSINESS)


@pytest.mark.reason(ReasonCode.MALFORMED_LAYOUT)
@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("[85.725, 53.975]", "[85.725]"),
        ("[85.725, 53.975]", "[8572.5, 53.975]"),
        ("[85.725, 53.975]", "[nan, 53.975]"),
        ("box = [69.0, 35.6, 12, 12]", "box = [69.0, 35.6, 12, 13]"),
        ("box = [69.0, 35.6, 12, 12]", "box = [73.0, 35.6, 12, 12]"),
        ("box = [69.0, 35.6, 12, 12]", "box = [80.0, 35.6, 12, 12]"),
        ("box = [69.0, 35.6, 12, 12]", "box = [69.0, 35.6, -12, -12]"),
        ('kind = "qr"', 'kind = "barcode"'),
        ('profile = "decision_838"', 'profile = "sms"'),
        ("{position}", "{salary}"),
        ("{position}", "{position.__class__}"),
        ("{position}", "{position!r}"),
        ("{position}", "{position:>99}"),
        ("{position}", "{0}"),
        ("{position}", "{position"),
        ('weight = "bold"', 'weight = "black"'),
        ("min_size = 6\n", "min_size = 60\n"),
        ("lines = 2", "lines = 2.5"),
        ("upper = true", 'upper = "yes"'),
        ('colour = "red"', 'colour = "crimson"'),
        ('file = "emblem.png"', 'file = "../emblem.png"'),
        ('name = "unit"', 'name = "unit"\nshadow = true'),
        ('fields = ["random_number", ', "fields = ["),
        ('shorten = ["agency_name"', 'shorten = ["unit_name"'),
        ("[decision_qr]", "[decision]"),
        ("corner_mm = 3.18", ""),
        ('card_type = "civil_servant"', 'card_type = "visitor"'),
        ("[colours]", "[colours"),
    ],
)
def test_a_slip_is_refused(entry: str, wrong: str) -> None:
    assert entry in STAFF
    with pytest.raises(Malformed) as refused:
        parse_layout(STAFF.replace(entry, wrong))
    assert refused.value.reason is ReasonCode.MALFORMED_LAYOUT


def test_a_layout_in_the_wrong_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "business.toml").write_text(STAFF)
    (tmp_path / "individual.toml").write_bytes(b"\xff\xfe")
    for card_type in (CardType.BUSINESS, CardType.INDIVIDUAL):
        with pytest.raises(Malformed):
            load_layout(card_type, tmp_path)
    with pytest.raises(Malformed):
        parse_layout("#" * 300_000)
