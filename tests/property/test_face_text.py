"""Whatever is printed stays in its box: measured by ourselves, and in the PDF by PDFium."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pypdfium2
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.terms import CardType
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.decision_qr import MAX_CHARACTERS, decision_text
from issuance.faces.draw import Ink
from issuance.faces.fit import FittedText
from issuance.faces.fonts import shape
from issuance.faces.layout import MM_PER_POINT, Box, Qr, Rectangle
from issuance.faces.layout_file import load_layout
from tests.support.faces import alphabet, composed
from tests.support.people import HOLDERS

WORDS = st.text(sorted(set(alphabet())), min_size=1, max_size=14)
LINES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
REFUSALS = {ReasonCode.FACE_TEXT_TOO_LONG, ReasonCode.FACE_LETTER_MISSING}
SLACK_MM = 0.02


def inside(box: Box, left: float, top: float, right: float, bottom: float) -> bool:
    return (
        left >= box.x - SLACK_MM
        and right <= box.right + SLACK_MM
        and top >= box.y - SLACK_MM
        and bottom <= box.bottom + SLACK_MM
    )


@given(name=LINES, agency=LINES, position=LINES)
@settings(max_examples=60, deadline=None)
def test_ink_stays_in_its_box(name: str, agency: str, position: str) -> None:
    staff = HOLDERS[CardType.CIVIL_SERVANT]
    assert staff.employment is not None
    post = replace(staff.employment, agency_name=agency, position=position)
    refused: IssuanceError | None
    try:
        holder = replace(staff, name=PersonName.parse(name), employment=post)
        card = composed(CardType.CIVIL_SERVANT, holder)
    except Malformed:
        return
    except IssuanceError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.reason in REFUSALS
        assert name not in str(refused)
        return
    fitted = [part for part in card.front if isinstance(part, FittedText)]
    for part in fitted:
        em = part.size * MM_PER_POINT
        for line in part.lines:
            ink = shape(part.element.weight, line.text).ink
            edges = (
                line.x + ink.left * em,
                line.baseline - ink.top * em,
                line.x + ink.right * em,
                line.baseline - ink.bottom * em,
            )
            assert inside(part.element.box, *edges), part.element.name
    _measure_as_drawn(cards_pdf([card], Ink(ground=False)), fitted, card.layout.height)


def _measure_as_drawn(pdf: bytes, fitted: list[FittedText], height: float) -> None:
    document = pypdfium2.PdfDocument(pdf)
    page = document[0].get_textpage()
    text = page.get_text_range()
    for index in range(page.count_chars()):
        if index >= len(text) or not text[index].strip():
            continue
        left, bottom, right, top = (one * MM_PER_POINT for one in page.get_charbox(index))
        edges = (left, height - top, right, height - bottom)
        assert any(inside(part.element.box, *edges) for part in fitted), text[index]
    document.close()


@given(agency=LINES, position=LINES, name=LINES)
@settings(max_examples=100)
def test_the_decision_s_text_is_never_too_long(agency: str, position: str, name: str) -> None:
    rules = load_layout(CardType.CIVIL_SERVANT).decision_qr
    assert rules is not None
    fields = {"random_number": "AB12", "personal_number": "001190012345"}
    fields |= {"agency_name": agency, "position": position, "full_name": name[:64]}
    made = decision_text(fields, rules)
    assert len(made.text) <= MAX_CHARACTERS
    assert made.text == unicodedata.normalize("NFC", made.text)
    parts = made.text.split("|")
    assert len(parts) == len(rules.fields)
    assert parts[0] == "AB12"
    assert parts[4] == "001190012345"


def test_boxes_of_the_shipped_layouts_lie_on_the_card() -> None:
    for card_type in CardType:
        layout = load_layout(card_type)
        card = Box(0, 0, layout.width, layout.height)
        for element in layout.elements:
            box = element.box
            zone = element.quiet if isinstance(element, Qr) else 0
            assert inside(card, box.x - zone, box.y - zone, box.right + zone, box.bottom + zone)
        assert isinstance(layout.front[0], Rectangle)
