"""Cards to be printed: long names, a portrait, a signer of credentials in a cheap vault."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw

from cardsvc.card.guid import CardGuid
from cardsvc.records import Holder
from cardsvc.terms import CardType
from cardsvc.wire.credential import CardCredential, encode_claims
from issuance.faces.compose import ComposedCard, Material, compose
from issuance.faces.content import PrintedCard, printed_fields
from issuance.faces.layout import Layout
from issuance.faces.layout_file import load_layout
from keys.credential_signer import CredentialSigner, open_credential_signer
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from tests.support.folders import process_folder
from tests.support.people import HOLDERS

ISSUER = "cardsvc"
AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
EXPIRES = datetime(2031, 11, 20, 16, 59, 59, tzinfo=UTC)
GUID = CardGuid(bytes.fromhex("7d5a1c0e3b2f4a69b8c7d6e5f4a3b2c1"))
PRINTED = PrintedCard(GUID, EXPIRES)

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwz"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")


@cache
def portrait(width: int = 300, height: int = 400) -> bytes:
    """A made-up portrait of plain shapes."""
    image = Image.new("RGB", (width, height), "#9CC3DF")
    draw = ImageDraw.Draw(image)
    for box, colour in (
        ((0.28, 0.14, 0.72, 0.60), "#2B211D"),
        ((0.31, 0.20, 0.69, 0.62), "#E3B898"),
        ((0.43, 0.55, 0.57, 0.72), "#D9AB8A"),
        ((0.08, 0.66, 0.92, 1.30), "#23395B"),
    ):
        left, top, right, bottom = box
        draw.ellipse((left * width, top * height, right * width, bottom * height), fill=colour)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


@cache
def credential_signer() -> CredentialSigner:
    folder = process_folder("credential-") / "vault"
    return open_credential_signer(SoftwareVault.open(folder, "mật khẩu", cost=ScryptCost(n=2**4)))


def credential(card_type: CardType = CardType.INDIVIDUAL) -> CardCredential:
    name = HOLDERS[card_type].name.value
    return CardCredential(ISSUER, GUID, name, card_type, AT, EXPIRES)


def signed(what: CardCredential | None = None) -> str:
    return credential_signer().sign(encode_claims(what or credential()))


def composed(
    card_type: CardType,
    holder: Holder | None = None,
    *,
    layout: Layout | None = None,
    photo: bytes | None = None,
    proof: bool = False,
) -> ComposedCard:
    fields = printed_fields(holder or HOLDERS[card_type], PRINTED)
    material = Material(fields, photo or portrait(), signed, proof)
    return compose(layout or load_layout(card_type), material)


def with_employment(**changes: str) -> Holder:
    holder = HOLDERS[CardType.CIVIL_SERVANT]
    assert holder.employment is not None
    return replace(holder, employment=replace(holder.employment, **changes))  # type: ignore[arg-type]  # text fields only


def alphabet() -> str:
    """Every Vietnamese letter with every tone, and F J W Z of foreign names."""
    vowels = set("aăâeêioôơuưy")
    small = "".join(
        unicodedata.normalize("NFC", letter + tone)
        for letter in LETTERS
        for tone in (TONES if letter in vowels else TONES[:1])
    )
    return small + small.upper()


def page_images(pdf: bytes, dpi: int) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    images = [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in document]
    document.close()
    return images


def scan(image: Image.Image) -> list[str]:
    """Return the texts of the QR codes in a picture, read by a foreign decoder."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in found]
