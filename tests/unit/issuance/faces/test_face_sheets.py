"""Sheets: where cards stand, and that backs lie under their fronts."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import resources

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps
from pypdf import PdfReader

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Side
from issuance.faces.layout_file import parse_layout
from issuance.faces.sheet_pdf import sheet_pdf
from issuance.faces.sheet_plan import Flip, load_sheet_plan, parse_sheet_plan
from tests.support.faces import composed, page_images

PLAN = load_sheet_plan()
WIDTH, HEIGHT = 85.725, 53.975
MM = 25.4 / 72
DPI = 254
"""Ten pixels a millimetre."""
PLAIN = parse_layout(
    """
card_type = "civil_servant"
size_mm = [85.725, 53.975]
corner_mm = 3.18
colours = {}
front = [
  {kind = "rectangle", box = [0, 0, 85.725, 53.975], colour = "#FF0000"},
  {kind = "rectangle", box = [5, 5, 20, 10], colour = "#0000FF"},
]
back = [
  {kind = "rectangle", box = [0, 0, 85.725, 53.975], colour = "#00FF00"},
  {kind = "rectangle", box = [5, 5, 20, 10], colour = "#0000FF"},
]
"""
)


def plain(count: int) -> list[ComposedCard]:
    return [composed(CardType.CIVIL_SERVANT, layout=PLAIN)] * count


def coloured(page: Image.Image) -> Image.Image:
    """Return where cards are; crop marks are black and don't count."""
    return page.convert("HSV").getchannel("S").point(lambda value: 255 if value > 60 else 0)


def pixel(page: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at millimetres from the page's lower left corner."""
    found = page.getpixel((round(x * 10), page.height - round(y * 10)))
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize("flip", Flip)
@pytest.mark.parametrize("count", [1, 3, 10])
def test_backs_lie_under_their_fronts(flip: Flip, count: int) -> None:
    plan = replace(PLAN, flip=flip)
    turn = ImageOps.mirror if flip is Flip.LONG_EDGE else ImageOps.flip
    front, back = page_images(sheet_pdf(plain(count), plan), DPI)
    apart = ImageChops.difference(coloured(front), coloured(turn(back)))
    # edges are a pixel of grey: what is left of the difference without them is a fault
    assert apart.filter(ImageFilter.MinFilter(3)).getbbox() is None
    area = sum(coloured(front).histogram()[128:]) / 100
    assert area == pytest.approx(count * (WIDTH + 3) * (HEIGHT + 3), rel=0.01)


@pytest.mark.parametrize("flip", Flip)
def test_a_card_turns_over_about_its_short_side(flip: Flip) -> None:
    plan = replace(PLAN, flip=flip)
    front, back = page_images(sheet_pdf(plain(1), plan), DPI)
    at = plan.place(0, Side.FRONT, WIDTH, HEIGHT)
    assert pixel(front, at.x + 15, at.y + HEIGHT - 10) == (0, 0, 255)
    under = plan.place(0, Side.BACK, WIDTH, HEIGHT)
    # seen from behind, the back's upper left is under the front's upper right
    corner = (under.x + 15, under.y + HEIGHT - 10)
    if under.turned:
        corner = (under.x + WIDTH - 15, under.y + 10)
    assert under.turned is (flip is Flip.SHORT_EDGE)
    assert pixel(back, *corner) == (0, 0, 255)


def test_sheets_are_a4_and_full_in_order() -> None:
    cards = [composed(CardType.CIVIL_SERVANT)] * 13
    reader = PdfReader(io.BytesIO(sheet_pdf(cards, PLAN)))
    assert len(reader.pages) == 4
    for page in reader.pages:
        assert float(page.mediabox.width) * MM == pytest.approx(210, abs=0.005)
        assert float(page.mediabox.height) * MM == pytest.approx(297, abs=0.005)
    said = [page.extract_text() for page in reader.pages]
    assert [text.count("NGUYỄN THỊ HOÀ") for text in said] == [10, 0, 3, 0]
    assert "2/2 · mặt sau" in said[3]


def test_another_type_begins_a_new_sheet() -> None:
    kinds = (CardType.INDIVIDUAL, CardType.CIVIL_SERVANT, CardType.INDIVIDUAL)
    reader = PdfReader(io.BytesIO(sheet_pdf([composed(kind) for kind in kinds], PLAN)))
    assert len(reader.pages) == 4


def test_cards_keep_their_size_and_stand_apart() -> None:
    front, _ = page_images(sheet_pdf(plain(10), PLAN), DPI)
    for index in range(10):
        at = PLAN.place(index, Side.FRONT, WIDTH, HEIGHT)
        for x, y in ((at.x + 1, at.y + 1), (at.x + WIDTH - 1, at.y + HEIGHT - 1)):
            assert pixel(front, x, y) == (255, 0, 0)
    lefts, bottoms = PLAN.lefts(WIDTH), PLAN.bottoms(HEIGHT)
    assert lefts[1] - lefts[0] == pytest.approx(WIDTH + 3)
    assert bottoms[1] - bottoms[0] == pytest.approx(HEIGHT + 3)
    assert lefts[0] == pytest.approx(210 - lefts[-1] - WIDTH)


def test_crop_marks_point_at_every_edge() -> None:
    front, _ = page_images(sheet_pdf(plain(10), PLAN), 508)
    below = front.height - round((PLAN.bottoms(HEIGHT)[0] - 3.5) * 20)
    strip = front.crop((0, below, front.width, below + 1)).convert("L")
    dark = [x / 20 for x in range(strip.width) if strip.getpixel((x, 0)) < 140]  # type: ignore[operator]  # a grey picture
    for left in PLAN.lefts(WIDTH):
        for edge in (left, left + WIDTH):
            assert any(abs(x - edge) < 0.15 for x in dark), edge


def test_the_ground_stands_in_the_document_once() -> None:
    one = len(sheet_pdf([composed(CardType.CIVIL_SERVANT)], PLAN))
    ten = len(sheet_pdf([composed(CardType.CIVIL_SERVANT)] * 10, PLAN))
    assert ten - one < 100_000


@pytest.mark.reason(ReasonCode.MALFORMED_LAYOUT)
@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("columns = 2", "columns = 3"),
        ("columns = 2", "columns = 2.5"),
        ("rows = 5", "rows = 0"),
        ("bleed = 1.5", "bleed = 2"),
        ("bleed = 1.5", "bleed = -1"),
        ("bleed = 1.5", "bleed = true"),
        ("bleed = 1.5", "bleed = nan"),
        ("height = 297.0", "height = 100.0"),
        ('flip = "long_edge"', 'flip = "sideways"'),
        ('flip = "long_edge"', ""),
        ("gap = 3.0", "gap = 3.0\nmargin = 4"),
        ("gap = 3.0", "gap ="),
    ],
)
def test_a_plan_that_can_not_be_is_refused(entry: str, wrong: str) -> None:
    text = resources.files("issuance.faces").joinpath("layouts", "sheet.toml").read_text("utf-8")
    assert entry in text
    with pytest.raises(Malformed) as refused:
        sheet_pdf(plain(1), parse_sheet_plan(text.replace(entry, wrong)))
    assert refused.value.reason is ReasonCode.MALFORMED_LAYOUT
