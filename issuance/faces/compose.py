"""Puts a card's facts into its layout; afterwards everything is known to fit, or was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cardsvc.errors import IssuanceError, ReasonCode
from issuance.faces.content import Fields
from issuance.faces.decision_qr import decision_text
from issuance.faces.fit import FittedText, fit_text
from issuance.faces.layout import (
    Element,
    Layout,
    Pattern,
    Photo,
    Picture,
    Qr,
    QrProfile,
    Rectangle,
    Text,
)
from issuance.faces.photo import prepare_photo
from issuance.faces.qr import FaceWarning, Symbol, make_symbol

PROOF_QR_TEXT = "BẢN THỬ – KHÔNG CÓ GIÁ TRỊ"
"""What a proof's signed QR code says instead: a proof is no credential."""


@dataclass(frozen=True, slots=True)
class PlacedPhoto:
    """A portrait in its place; None leaves an empty frame, on proofs only."""

    element: Photo
    jpeg: bytes | None = field(repr=False)


Placed: TypeAlias = Rectangle | Pattern | Picture | PlacedPhoto | FittedText | Symbol


@dataclass(frozen=True, slots=True)
class ComposedCard:
    """Both faces, ready to be drawn.

    Args:
        layout: sizes.
        front: in drawing order.
        back: in drawing order.
        proof: bears the watermark of a proof.
        warnings: what to look at.
        test: bears the watermark of test cards: it is no card outside the sandbox.
    """

    layout: Layout
    front: tuple[Placed, ...] = field(repr=False)
    back: tuple[Placed, ...] = field(repr=False)
    proof: bool = False
    warnings: tuple[FaceWarning, ...] = ()
    test: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """What a face is made of besides its layout.

    Args:
        fields: the printed texts.
        photo: the portrait, a JPEG.
        sign: returns the signed QR text of the card; asked only where a face bears it.
        proof: a proof for sign-off: photo may be missing, nothing is signed.
        test: a card of the sandbox.
    """

    fields: Fields = field(repr=False)
    photo: bytes | None = field(repr=False)
    sign: Callable[[], str]
    proof: bool = False
    test: bool = False


def compose(layout: Layout, material: Material) -> ComposedCard:
    """Put everything in its place.

    Raises:
        IssuanceError: FACE_FIELD_MISSING, FACE_TEXT_TOO_LONG, FACE_LETTER_MISSING or
            QR_TOO_LONG; messages name fields and boxes, never their content.
        Malformed: MALFORMED_FACIAL_IMAGE.
    """
    texts, shortened = _qr_texts(layout, material)
    front = _placed(layout.front, material, texts)
    back = _placed(layout.back, material, texts)
    warnings = {one for part in front + back if isinstance(part, Symbol) for one in part.warnings}
    if shortened:
        warnings.add(FaceWarning.QR_TEXT_SHORTENED)
    return ComposedCard(layout, front, back, material.proof, tuple(sorted(warnings)), material.test)


def _qr_texts(layout: Layout, material: Material) -> tuple[Mapping[QrProfile, str], bool]:
    profiles = {one.profile for one in layout.elements if isinstance(one, Qr)}
    texts: dict[QrProfile, str] = {}
    shortened = False
    if QrProfile.DECISION_838 in profiles and layout.decision_qr is not None:
        made = decision_text(material.fields, layout.decision_qr)
        texts[QrProfile.DECISION_838], shortened = made.text, made.shortened
    if QrProfile.CLAIM_169 in profiles:
        texts[QrProfile.CLAIM_169] = PROOF_QR_TEXT if material.proof else material.sign()
    return texts, shortened


def _placed(
    elements: Sequence[Element], material: Material, texts: Mapping[QrProfile, str]
) -> tuple[Placed, ...]:
    placed: list[Placed] = []
    for element in elements:
        match element:
            case Text():
                text = _filled(element, material.fields)
                if text is not None:
                    placed.append(fit_text(element, text))
            case Photo():
                placed.append(_photo(element, material))
            case Qr():
                placed.append(make_symbol(element, texts[element.profile]))
            case _:
                placed.append(element)
    return tuple(placed)


def _filled(element: Text, fields: Fields) -> str | None:
    try:
        return element.text.format_map(fields)
    except KeyError as error:
        if element.optional:
            return None
        raise IssuanceError(
            ReasonCode.FACE_FIELD_MISSING, f"{element.name}: there is no {error.args[0]}"
        ) from None


def _photo(element: Photo, material: Material) -> PlacedPhoto:
    if material.photo is None:
        if not material.proof:
            raise IssuanceError(ReasonCode.FACE_FIELD_MISSING, "the portrait is missing")
        return PlacedPhoto(element, None)
    return PlacedPhoto(element, prepare_photo(material.photo, element.box))
