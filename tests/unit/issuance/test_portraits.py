"""Portraits: cropped around the face, small, bare of metadata; what is the matter is said."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageFilter

from cardsvc.card.facial_image import MAX_IMAGE_OCTETS
from cardsvc.photo_records import PhotoFinding, Portrait
from issuance.personalise.photo import measure_photo
from issuance.registry.photo_quality import CropBox, FaceBox, crop_around, find_faces, judge
from issuance.registry.photos import MAX_PRINT_OCTETS, prepare_portrait
from tests.support.drawn_faces import drawn_portrait, encoded, placed


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg), formats=["JPEG"])


def require_whole(portrait: Portrait) -> None:
    """The pictures fit their places and hold nothing but pixels."""
    assert len(portrait.print_jpeg) <= MAX_PRINT_OCTETS
    assert len(portrait.chip_jpeg) <= MAX_IMAGE_OCTETS
    assert measure_photo(portrait.chip_jpeg) == (240, 320)
    for jpeg in (portrait.print_jpeg, portrait.chip_jpeg):
        picture = opened(jpeg)
        assert abs(picture.width / picture.height - 0.75) < 0.01
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_good_portrait_has_no_findings_and_is_left_as_it_is() -> None:
    portrait = prepare_portrait(encoded(drawn_portrait()))
    assert portrait.findings == ()
    require_whole(portrait)


@pytest.mark.parametrize(
    ("size", "at", "width"),
    [
        ((1600, 900), (500, 50), 600),
        ((1600, 1200), (300, 200), 400),
        ((900, 1600), (150, 300), 600),
    ],
)
def test_a_face_in_a_larger_picture_is_cropped_to(
    size: tuple[int, int], at: tuple[int, int], width: int
) -> None:
    portrait = prepare_portrait(encoded(placed(size, at, width)))
    assert portrait.findings == ()
    require_whole(portrait)
    printed = opened(portrait.print_jpeg)
    face = find_faces(printed)[0]
    assert 0.5 < face.side / printed.width < 0.8
    assert abs(face.middle[0] / printed.width - 0.5) < 0.06


def test_a_picture_on_its_side_is_turned_upright_and_its_notes_are_left_behind() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn a quarter clockwise to see it upright
    exif[0x010E] = "Nguyễn Văn Ân, 12 Lê Lợi"
    lying = drawn_portrait().transpose(Image.Transpose.ROTATE_90)
    portrait = prepare_portrait(encoded(lying, exif=exif.tobytes(), comment=b"private"))
    assert portrait.findings == ()
    assert b"private" not in portrait.print_jpeg + portrait.chip_jpeg
    require_whole(portrait)


def test_a_png_with_transparency_shows_white() -> None:
    cut_out = drawn_portrait().convert("RGBA")
    cut_out.putalpha(drawn_portrait().convert("L").point(lambda grey: 0 if grey > 205 else 255))
    portrait = prepare_portrait(encoded(cut_out, "PNG"))
    require_whole(portrait)
    assert opened(portrait.print_jpeg).getpixel((4, 4)) >= (250, 250, 250)  # type: ignore[operator]


def two_people() -> Image.Image:
    picture = placed((1600, 900), (100, 50), 600)
    picture.paste(drawn_portrait().resize((500, 667)), (900, 100))
    return picture


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.new("RGB", (600, 800), "white"), PhotoFinding.NO_FACE),
        (two_people(), PhotoFinding.SEVERAL_FACES),
        (drawn_portrait().crop((110, 170, 490, 590)), PhotoFinding.FACE_TOO_LARGE),
        (drawn_portrait().filter(ImageFilter.GaussianBlur(9)), PhotoFinding.BLURRED),
        (drawn_portrait().point(lambda value: value // 4), PhotoFinding.TOO_DARK),
        (drawn_portrait().point(lambda value: 200 + value // 5), PhotoFinding.TOO_BRIGHT),
        (drawn_portrait().point(lambda value: 120 + value // 12), PhotoFinding.LOW_CONTRAST),
        (drawn_portrait().resize((150, 200)), PhotoFinding.FEW_PIXELS),
    ],
    ids=lambda one: one.value if isinstance(one, PhotoFinding) else "",
)
def test_what_is_the_matter_is_said_and_nothing_refused(
    picture: Image.Image, expected: PhotoFinding
) -> None:
    portrait = prepare_portrait(encoded(picture))
    assert expected in portrait.findings
    require_whole(portrait)


def test_faces_that_a_crop_can_not_mend_are_said() -> None:
    picture = drawn_portrait()
    for face, expected in (
        (FaceBox(0, 300, 300), PhotoFinding.FACE_OFF_CENTRE),
        (FaceBox(225, 640, 150), PhotoFinding.FACE_OFF_CENTRE),
    ):
        crop = crop_around(picture.width, picture.height, face)
        assert expected in judge(picture, (face,), crop, 240)
    middle = FaceBox(250, 330, 100)
    whole = CropBox(0, 0, 600, 800)
    assert judge(picture, (middle,), whole, 240)[0] is PhotoFinding.FACE_TOO_SMALL


def test_every_finding_has_a_text_in_both_languages() -> None:
    texts = {text for finding in PhotoFinding for text in (finding.vi, finding.en)}
    assert len(texts) == 2 * len(PhotoFinding)


@pytest.mark.parametrize("size", [(300, 400), (400, 300), (3000, 400), (400, 3000), (121, 121)])
@pytest.mark.parametrize("face", [None, FaceBox(0, 0, 100), FaceBox(20, 20, 100)])
def test_a_crop_is_three_by_four_and_inside(size: tuple[int, int], face: FaceBox | None) -> None:
    width, height = size
    crop = crop_around(width, height, face)
    assert crop.width / crop.height == pytest.approx(0.75)
    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.left + crop.width <= width + 1e-6
    assert crop.top + crop.height <= height + 1e-6
