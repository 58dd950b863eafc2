"""Texts in their boxes: shrunk, broken, or refused."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.terms import CardType
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.fit import FittedText, fit_text
from issuance.faces.fonts import Weight, font, shape
from issuance.faces.layout import Align, Box, Text
from tests.support.faces import alphabet, composed, page_images, portrait, with_employment
from tests.support.people import HOLDERS

LINE = Text("line", Box(10, 10, 50, 9), "", "#000000", Weight.BOLD, 12, 6, lines=2)


def texts_of(parts: object) -> dict[str, FittedText]:
    assert isinstance(parts, tuple)
    return {part.element.name: part for part in parts if isinstance(part, FittedText)}


@pytest.mark.parametrize("weight", Weight)
def test_every_vietnamese_letter_has_ink(weight: Weight) -> None:
    for letter in alphabet():
        assert font(weight).covers(letter), letter
        ink = shape(weight, letter).ink
        assert ink.top > ink.bottom
        assert ink.right > ink.left
    tall, plain = shape(weight, "Ẳ").ink.top, shape(weight, "A").ink.top
    assert tall > shape(weight, "Ă").ink.top > plain > 0.7
    assert shape(weight, "Ạ").ink.bottom < -0.1


def test_every_letter_is_drawn_as_itself() -> None:
    """No two letters look alike: none came out as the box of a missing glyph."""
    letters = sorted(set(alphabet()))
    holder = HOLDERS[CardType.CIVIL_SERVANT]
    seen: dict[bytes, str] = {}
    for start in range(0, len(letters), 4):
        words = " ".join(letters[start : start + 4])
        card = composed(CardType.CIVIL_SERVANT, with_employment(position=words))
        front = page_images(cards_pdf([card]), 72)[0]
        box = tuple(round(one / 25.4 * 72) for one in (27.6, 26.8, 82.2, 33.4))
        picture = front.crop(box).tobytes()  # type: ignore[arg-type]  # four of them
        assert picture not in seen, (words, seen.get(picture))
        seen[picture] = words
    assert holder.employment is not None


def test_what_fits_keeps_its_size_and_its_line() -> None:
    fitted = fit_text(LINE, "Lê An")
    assert (fitted.size, len(fitted.lines)) == (12, 1)


def test_a_little_shrinking_is_better_than_a_second_line() -> None:
    fitted = fit_text(LINE, "Nguyễn Thị Minh Khuê Anh")
    assert len(fitted.lines) == 1
    assert 12 * 0.85 <= fitted.size < 12


def test_long_texts_are_broken_evenly() -> None:
    fitted = fit_text(LINE, "Công Tằng Tôn Nữ Thị Thuỳ Dương Phương")
    assert len(fitted.lines) == 2
    first, second = (shape(Weight.BOLD, line.text).advance for line in fitted.lines)
    assert min(first, second) > 0.6 * max(first, second)


@pytest.mark.reason(ReasonCode.FACE_TEXT_TOO_LONG)
@pytest.mark.parametrize("text", ["W" * 60, "Đường " * 40])
def test_what_does_not_fit_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(IssuanceError) as refused:
        fit_text(LINE, text)
    assert refused.value.reason is ReasonCode.FACE_TEXT_TOO_LONG
    assert text[:4] not in str(refused.value)
    assert "line" in str(refused.value)


@pytest.mark.parametrize("align", Align)
def test_lines_stand_where_they_should(align: Align) -> None:
    (line,) = fit_text(replace(LINE, align=align), "Lê An").lines
    width = shape(Weight.BOLD, "Lê An").advance * 12 * 25.4 / 72
    wanted = {Align.LEFT: 10, Align.CENTRE: 35 - width / 2, Align.RIGHT: 60 - width}[align]
    assert line.x == pytest.approx(wanted, abs=0.1)


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Công Tằng Tôn Nữ Hoàng Phương Thuỳ Khuê Dương Quỳnh",
        "Đặng Hữu Ưng",
        "Y",
        "H'Hen Niê Kđăm",
        "Nguyễn Trường Nghiêm Phượng Hoàng Trưởng Nghĩa Đường Nhượng Đ",
    ],
)
@pytest.mark.parametrize("card_type", CardType)
def test_names_of_sixty_characters_fit_every_card(card_type: CardType, name: str) -> None:
    holder = replace(HOLDERS[card_type], name=PersonName.parse(name))
    fitted = texts_of(composed(card_type, holder).front)["name"]
    shown = " ".join(line.text for line in fitted.lines)
    assert shown == unicodedata.normalize("NFC", name.upper())


def test_agencies_and_units_of_two_lines_fit() -> None:
    holder = with_employment(
        agency_name="Ủy ban nhân dân thành phố Huế – Sở Nông nghiệp và Môi trường thành phố Huế",
        unit_name="Chi cục Quản lý chất lượng nông, lâm, thủy sản – Phòng Thanh tra, pháp chế",
        position="Phó Trưởng phòng phụ trách, Chuyên viên chính ngạch thanh tra",
    )
    fitted = texts_of(composed(CardType.CIVIL_SERVANT, holder).front)
    assert len(fitted["agency"].lines) == len(fitted["unit"].lines) == 2


def test_letters_of_minority_languages_bear_their_marks() -> None:
    name = unicodedata.normalize("NFC", "Y Ƀê\u0306 Ơ\u0306ban")
    with_mark = shape(Weight.BOLD, "ê\u0306")
    assert [mark.character for mark in with_mark.marks] == ["\u0306"]
    assert with_mark.ink.top > shape(Weight.BOLD, "ê").ink.top + 0.05
    assert with_mark.advance == shape(Weight.BOLD, "ê").advance
    if font(Weight.BOLD).covers("Ƀ"):
        holder = replace(HOLDERS[CardType.INDIVIDUAL], name=PersonName.parse(name))
        assert composed(CardType.INDIVIDUAL, holder)


@pytest.mark.reason(ReasonCode.FACE_LETTER_MISSING)
def test_a_letter_that_the_font_lacks_is_refused() -> None:
    for text in ("Nguyễn 漢", "Ван", "A\u20d0"):
        with pytest.raises(IssuanceError) as refused:
            fit_text(LINE, text)
        assert refused.value.reason is ReasonCode.FACE_LETTER_MISSING


@pytest.mark.reason(ReasonCode.FACE_FIELD_MISSING)
def test_what_a_face_needs_must_be_there() -> None:
    with pytest.raises(IssuanceError) as refused:
        composed(CardType.CIVIL_SERVANT, with_employment(position=" "))
    assert refused.value.reason is ReasonCode.FACE_FIELD_MISSING
    assert "position" in str(refused.value)
    assert "unit" not in texts_of(
        composed(CardType.CIVIL_SERVANT, with_employment(unit_name="")).front
    ), "a unit is optional"


@pytest.mark.reason(ReasonCode.MALFORMED_FACIAL_IMAGE)
@pytest.mark.parametrize("photo", [b"", b"no picture", portrait()[:-200], b"\xff\xd8\xff" * 50])
def test_a_broken_portrait_is_refused(photo: bytes) -> None:
    with pytest.raises((Malformed, IssuanceError)) as refused:
        composed(CardType.INDIVIDUAL, photo=photo or b" ")
    assert refused.value.reason is ReasonCode.MALFORMED_FACIAL_IMAGE
