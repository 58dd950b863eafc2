"""Faces as PDF: sizes, fonts, what the document tells and what it does not."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfReader

from cardsvc.terms import CardType
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.draw import PROOF_TEXT, TEST_TEXT, Ink
from issuance.faces.preview import face_images
from tests.support.faces import composed, page_images, portrait, scan
from tests.support.people import HOLDERS

MM = 25.4 / 72
SIZES = {
    CardType.CIVIL_SERVANT: (85.725, 53.975),
    CardType.INDIVIDUAL: (85.60, 53.98),
    CardType.BUSINESS: (85.60, 53.98),
}


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def fonts(reader: PdfReader) -> dict[str, Any]:
    """Return every font of a document, those of its grounds as well."""
    found: dict[str, Any] = {}

    def collect(resources: Any) -> None:
        for reference in (resources.get("/Font") or {}).values():
            font = reference.get_object()
            found[str(font["/BaseFont"])] = font
        for reference in (resources.get("/XObject") or {}).values():
            part = reference.get_object()
            if part["/Subtype"] == "/Form" and "/Resources" in part:
                collect(part["/Resources"].get_object())

    for page in reader.pages:
        collect(page["/Resources"].get_object())
    return found


@pytest.mark.parametrize("card_type", CardType)
def test_pages_are_the_card_to_the_hundredth_of_a_millimetre(card_type: CardType) -> None:
    reader = PdfReader(io.BytesIO(cards_pdf([composed(card_type)])))
    assert len(reader.pages) == 2
    width, height = SIZES[card_type]
    for page in reader.pages:
        for box in (page.mediabox, page.cropbox, page.trimbox):
            assert (float(box.left), float(box.bottom)) == (0, 0)
            assert float(box.width) * MM == pytest.approx(width, abs=0.005)
            assert float(box.height) * MM == pytest.approx(height, abs=0.005)


def test_a_bleed_widens_the_page_and_leaves_the_trim() -> None:
    card = composed(CardType.INDIVIDUAL)
    page = PdfReader(io.BytesIO(cards_pdf([card], Ink(bleed=2)))).pages[0]
    assert float(page.mediabox.width) * MM == pytest.approx(89.60, abs=0.005)
    assert float(page.trimbox.left) * MM == pytest.approx(2, abs=0.005)
    assert float(page.trimbox.width) * MM == pytest.approx(85.60, abs=0.005)
    corner = page_images(cards_pdf([card], Ink(bleed=2)), 100)[0].getpixel((1, 1))
    assert corner == (0x0B, 0x4F, 0x6C), "the ground runs into the bleed"


@pytest.mark.parametrize("card_type", CardType)
def test_fonts_are_embedded_as_subsets(card_type: CardType) -> None:
    pdf = cards_pdf([composed(card_type)])
    found = fonts(PdfReader(io.BytesIO(pdf)))
    # reportlab names Helvetica in every page's resources, used or not
    used = {name: font for name, font in found.items() if "BeVietnamPro" in name}
    assert used
    assert {name for name in found if name not in used} <= {"/Helvetica"}
    for name, font in used.items():
        assert name[7] == "+", "a subset's name has a tag (ISO 32000-1 section 9.6.4)"
        embedded = font["/FontDescriptor"]["/FontFile2"].get_object().get_data()
        assert len(embedded) < 60_000
    drawn = {char for text in texts(pdf) for char in text}
    assert drawn


def test_the_face_says_what_the_decision_demands() -> None:
    front, back = texts(cards_pdf([composed(CardType.CIVIL_SERVANT)]))
    for said in (
        "SỞ NỘI VỤ",
        "PHÒNG CÔNG CHỨC",
        "NGUYỄN THỊ HOÀ",
        "Chuyên viên",
        "Số: H57.001190012345.CC",
    ):
        assert said in front
    assert back.strip() == ""


@pytest.mark.parametrize("card_type", [CardType.INDIVIDUAL, CardType.BUSINESS])
def test_other_faces_keep_the_personal_number_to_themselves(card_type: CardType) -> None:
    pdf = cards_pdf([composed(card_type)])
    holder = HOLDERS[card_type]
    said = "".join(texts(pdf))
    assert holder.name.value.upper() in said
    assert holder.personal_number.value not in said
    assert holder.personal_number.value not in "".join(scan(page_images(pdf, 400)[1]))


def test_the_document_names_nobody_and_is_the_same_each_time() -> None:
    pdf = cards_pdf([composed(CardType.CIVIL_SERVANT)])
    assert pdf == cards_pdf([composed(CardType.CIVIL_SERVANT)])
    properties = PdfReader(io.BytesIO(pdf)).metadata or {}
    assert "Hoà" not in str(dict(properties))
    assert "001190012345" not in str(dict(properties))


def test_a_composed_card_does_not_print_itself() -> None:
    shown = repr(composed(CardType.CIVIL_SERVANT))
    assert "001190012345" not in shown
    assert "HOÀ" not in shown.upper()


def test_the_camera_s_notes_stay_behind() -> None:
    image = Image.open(io.BytesIO(portrait()))
    noted = Image.Exif()
    noted[0x010F] = "SECRET-MAKER"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=noted)
    assert b"SECRET-MAKER" in out.getvalue()
    pdf = cards_pdf([composed(CardType.CIVIL_SERVANT, photo=out.getvalue())])
    pictures = [one.data for page in PdfReader(io.BytesIO(pdf)).pages for one in page.images]
    assert pictures
    assert all(b"SECRET-MAKER" not in one for one in pictures)


def test_a_proof_says_so_and_signs_nothing() -> None:
    pdf = cards_pdf([composed(CardType.INDIVIDUAL, proof=True)])
    assert all(PROOF_TEXT in text for text in texts(pdf))
    (said,) = scan(page_images(pdf, 400)[1])
    assert "KHÔNG CÓ GIÁ TRỊ" in said


def test_a_test_card_says_so_and_is_signed_all_the_same() -> None:
    card = replace(composed(CardType.INDIVIDUAL), test=True)
    pdf = cards_pdf([card])
    assert all(TEST_TEXT in text and PROOF_TEXT not in text for text in texts(pdf))
    without = cards_pdf([replace(card, test=False)])
    assert scan(page_images(pdf, 400)[1]) == scan(page_images(without, 400)[1]) != []
    assert TEST_TEXT not in texts(cards_pdf([composed(CardType.INDIVIDUAL)]))[0]


def test_pre_printed_blanks_get_no_ground() -> None:
    card = composed(CardType.CIVIL_SERVANT)
    front, back = page_images(cards_pdf([card], Ink(ground=False)), 100)
    assert front.getpixel((2, 2)) == (255, 255, 255)
    assert back.getcolors() == [(back.width * back.height, (255, 255, 255))]
    assert "NGUYỄN THỊ HOÀ" in texts(cards_pdf([card], Ink(ground=False)))[0]


def test_an_emblem_file_takes_the_ring_s_place(tmp_path: Any) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 255, 255)).save(tmp_path / "emblem.png")
    card = composed(CardType.CIVIL_SERVANT)
    with_file = page_images(cards_pdf([card], Ink(tmp_path)), 254)[0]
    assert with_file.getpixel((98, 90)) == (0, 0, 255), "10 pixels a millimetre, emblem's middle"
    assert page_images(cards_pdf([card]), 254)[0].getpixel((98, 90)) != (0, 0, 255)


@pytest.mark.parametrize("card_type", CardType)
def test_previews_are_the_pdf_with_round_corners(card_type: CardType) -> None:
    front, back = (Image.open(io.BytesIO(one)) for one in face_images(composed(card_type), dpi=300))
    assert front.size == back.size
    assert front.size == pytest.approx((1012, 638), abs=1)
    assert front.mode == "RGBA"
    assert front.getpixel((0, 0))[3] == 0
    assert front.getpixel((front.width // 2, 3))[3] == 255


def test_a_preview_has_bounds() -> None:
    for dpi in (10, 5000):
        with pytest.raises(ValueError, match="dpi"):
            face_images(composed(CardType.INDIVIDUAL), dpi=dpi)
