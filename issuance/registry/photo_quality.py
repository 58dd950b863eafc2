"""Where the face is in a portrait, how it is cropped to 3×4, and what is the matter with it.

Faces are found by OpenCV's frontal Haar cascade, which is in the library's package and needs no
network. Its box reaches from the brows to the chin, about three quarters of the head's height.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from cardsvc.photo_records import PhotoFinding

if TYPE_CHECKING:
    import cv2

PORTRAIT_RATIO = 3 / 4
"""Width by height of a 3×4 cm photo."""

FACE_OF_WIDTH = 0.66
"""The box of the face by the width of the crop: the head takes two thirds of the height."""

_FACE_FROM_TOP = 0.47
"""Where the middle of the face stands in the crop, from its top."""

SMALLEST_FACE, LARGEST_FACE = 0.45, 0.85
"""The box of the face by the width of the crop, within which a face is recognised on a card."""

_OFF_CENTRE = 0.12
_SEARCH_PIXELS = 640
"""Longer side of the picture in which faces are looked for: enough, and the same work always."""

_JUDGED_PIXELS = 256
"""Width to which a face is brought before its sharpness is judged: the figure depends on it."""

_SHARP_ENOUGH = 40.0
"""Variance of the Laplacian at the usual contrast: portraits in focus have more."""

_USUAL_SPREAD = 50.0
"""Standard deviation of grey to which sharpness is brought: a dark photo is not a blurred one."""

_DARK, _BRIGHT = 60.0, 215.0
"""Mean grey of the face: between them both dark and light skin stand, by daylight."""

_FLAT = 18.0
"""Standard deviation of the grey of the face."""


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face: left, top and side of its square, in pixels of the picture."""

    left: float
    top: float
    side: float

    @property
    def middle(self) -> tuple[float, float]:
        """The centre."""
        return self.left + self.side / 2, self.top + self.side / 2


@dataclass(frozen=True, slots=True)
class CropBox:
    """What is cut out, in pixels of the picture."""

    left: float
    top: float
    width: float
    height: float


@cache
def _cascade() -> cv2.CascadeClassifier:
    import cv2  # noqa: PLC0415 - 60 MB that only processes with photos need

    folder = Path(cv2.__file__).with_name("data")
    return cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))


def find_faces(picture: Image.Image) -> tuple[FaceBox, ...]:
    """Return the faces of a picture, the largest first.

    Args:
        picture: upright, any mode.
    """
    import numpy as np  # noqa: PLC0415 - comes with OpenCV

    small = picture.convert("L")
    small.thumbnail((_SEARCH_PIXELS, _SEARCH_PIXELS))
    scale = picture.width / small.width
    grey = np.asarray(small, dtype=np.uint8)
    side = max(24, min(small.size) // 16)
    found = _cascade().detectMultiScale(grey, scaleFactor=1.1, minNeighbors=4, minSize=(side, side))
    boxes = [
        FaceBox(float(x) * scale, float(y) * scale, float(width) * scale)
        for x, y, width, _ in found
    ]
    return tuple(sorted(boxes, key=lambda box: -box.side))


def crop_around(width: int, height: int, face: FaceBox | None) -> CropBox:
    """Return the 3×4 part of a picture that shows the face as a card does.

    A picture that is 3×4 already and shows a face of the right size is left as it is. Without a
    face the middle is taken, more of it from above: heads stand in the upper part.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        face: the face, or None.
    """
    widest = min(width, height * PORTRAIT_RATIO)
    if face is None:
        tall = widest / PORTRAIT_RATIO
        return CropBox((width - widest) / 2, (height - tall) * 0.3, widest, tall)
    is_portrait = abs(width / height - PORTRAIT_RATIO) < 0.01
    if is_portrait and SMALLEST_FACE <= face.side / width <= LARGEST_FACE:
        return CropBox(0, 0, widest, widest / PORTRAIT_RATIO)
    wide = min(widest, face.side / FACE_OF_WIDTH)
    tall = wide / PORTRAIT_RATIO
    x, y = face.middle
    left = min(max(0.0, x - wide / 2), width - wide)
    top = min(max(0.0, y - tall * _FACE_FROM_TOP), height - tall)
    return CropBox(left, top, wide, tall)


def judge(
    picture: Image.Image, faces: tuple[FaceBox, ...], crop: CropBox, enough_pixels: int
) -> tuple[PhotoFinding, ...]:
    """Return what is the matter with a portrait, in a fixed order.

    Args:
        picture: upright.
        faces: as ``find_faces`` found them in it.
        crop: what will be shown.
        enough_pixels: width of the crop that prints sharply.
    """
    found: list[PhotoFinding] = []
    if not faces:
        found.append(PhotoFinding.NO_FACE)
    else:
        found += _placement(faces, crop)
    found += _light_and_focus(picture, faces, crop)
    if crop.width < enough_pixels:
        found.append(PhotoFinding.FEW_PIXELS)
    return tuple(found)


def _placement(faces: tuple[FaceBox, ...], crop: CropBox) -> list[PhotoFinding]:
    found: list[PhotoFinding] = []
    face = faces[0]
    if len(faces) > 1:
        found.append(PhotoFinding.SEVERAL_FACES)
    if face.side > LARGEST_FACE * crop.width:
        found.append(PhotoFinding.FACE_TOO_LARGE)
    if face.side < SMALLEST_FACE * crop.width:
        found.append(PhotoFinding.FACE_TOO_SMALL)
    x, y = face.middle
    across = abs(x - crop.left - crop.width / 2) / crop.width
    down = abs(y - crop.top - crop.height * _FACE_FROM_TOP) / crop.height
    if max(across, down) > _OFF_CENTRE:
        found.append(PhotoFinding.FACE_OFF_CENTRE)
    return found


def _light_and_focus(
    picture: Image.Image, faces: tuple[FaceBox, ...], crop: CropBox
) -> list[PhotoFinding]:
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    box = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    if faces:
        face = faces[0]
        box = (face.left, face.top, face.left + face.side, face.top + face.side)
    part = picture.convert("L").crop(tuple(round(edge) for edge in box))  # type: ignore[arg-type]
    height = max(1, round(part.height * _JUDGED_PIXELS / max(1, part.width)))
    grey = np.asarray(part.resize((_JUDGED_PIXELS, height)), dtype=np.uint8)
    mean, spread = float(grey.mean()), float(grey.std())
    found: list[PhotoFinding] = []
    edges = float(cv2.Laplacian(grey, cv2.CV_64F).var()) * (_USUAL_SPREAD / max(spread, 1.0)) ** 2
    if edges < _SHARP_ENOUGH:
        found.append(PhotoFinding.BLURRED)
    if mean < _DARK:
        found.append(PhotoFinding.TOO_DARK)
    if mean > _BRIGHT:
        found.append(PhotoFinding.TOO_BRIGHT)
    if spread < _FLAT:
        found.append(PhotoFinding.LOW_CONTRAST)
    return found
