"""``cardsvc face``, ``cardsvc faces``: what is printed on cards. Files are readable by us alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, IssuanceError, ReasonCode
from cardsvc.terms import CardType
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Ink
from issuance.faces.layout_file import shipped_layout
from issuance.faces.preview import DEFAULT_DPI, MAX_DPI, face_images
from issuance.faces.qr import FaceWarning
from issuance.faces.sheet_pdf import sheet_pdf
from issuance.faces.sheet_plan import load_sheet_plan
from web.bootstrap import Installation
from web.cli.support import FILE, GUID, OPERATOR, error_line, opened
from web.demo.people import holders
from web.settings import Settings

_WARNINGS = {
    FaceWarning.QR_MODULES_SMALL: "ô mã QR nhỏ hơn 0,2 mm – try it with the cameras in use",
    FaceWarning.QR_QUIET_ZONE_NARROW: "lề trắng của mã QR hẹp – the quiet zone is below 4 modules",
    FaceWarning.QR_TEXT_SHORTENED: "nội dung QR đã viết tắt cho đủ 130 ký tự – text was shortened",
}

_OUT = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="the PDF to write"
)
_PROOF = click.option(
    "--proof", is_flag=True, help="bản thử: watermark, no signed QR code, no photo needed"
)
_GROUND = click.option(
    "--ground/--no-ground",
    default=True,
    help="without the ground, for blanks that bear it already",
)


@dataclass(frozen=True, slots=True)
class _Order:
    """How faces are asked for."""

    operator: str
    proof: bool


@click.command("face")
@click.argument("guid", type=GUID)
@_OUT
@click.option("--photo", type=FILE, help="the holder's portrait, a JPEG")
@click.option("--png", is_flag=True, help="also NAME-front.png and NAME-back.png, for screens")
@click.option("--dpi", type=click.IntRange(36, MAX_DPI), default=DEFAULT_DPI, show_default=True)
@_PROOF
@_GROUND
@OPERATOR
@click.pass_obj
def face(
    settings: Settings,
    *,
    guid: CardGuid,
    out: Path,
    photo: Path | None,
    png: bool,
    dpi: int,
    proof: bool,
    ground: bool,
    operator: str,
) -> None:
    """In mặt thẻ – one card as PDF: front and back, each the size of the card."""
    with opened(settings) as installation:
        made = installation.faces.card(
            guid,
            operator=operator,
            at=installation.clock.now(),
            photo=photo.read_bytes() if photo else None,
            proof=proof,
        )
        _warn(str(guid), made)
        ink = Ink(settings.faces_folder, ground=ground)
        _write(out, cards_pdf([made], ink))
        if png:
            _write_images(out, made, ink, dpi)


@click.command("faces")
@click.option("--card", "guids", type=GUID, multiple=True, help="a card; may be repeated")
@click.option("--application", "applications", multiple=True, help="its live card; may be repeated")
@click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="folder of portraits, GUID.jpg or APPLICATION.jpg",
)
@click.option("--sheet", is_flag=True, help="on sheets with crop marks, for duplex printing")
@_OUT
@_PROOF
@_GROUND
@OPERATOR
@click.pass_obj
def faces(
    settings: Settings,
    *,
    guids: tuple[CardGuid, ...],
    applications: tuple[str, ...],
    photos: Path | None,
    sheet: bool,
    out: Path,
    proof: bool,
    ground: bool,
    operator: str,
) -> None:
    """In loạt – many cards as one PDF. All of them, or none: what can't be printed is listed."""
    if not guids and not applications:
        raise click.UsageError("give --card or --application")
    order = _Order(operator, proof)
    with opened(settings) as installation:
        made: list[ComposedCard] = []
        problems: list[str] = []
        for guid in guids:
            with _listed(str(guid), problems):
                made.append(_card(installation, guid, order, _photo(photos, str(guid))))
        for application in applications:
            with _listed(application, problems):
                made.append(_of_application(installation, application, order, photos))
        if problems:
            raise click.ClickException("\n".join(problems))
        ink = Ink(settings.faces_folder, ground=ground)
        _write(out, _pdf(made, ink, settings, sheet=sheet))
        click.echo(f"{len(made)} thẻ – cards: {out}")


@click.command("face-layout")
@click.argument("card_type", type=click.Choice([kind.value for kind in CardType]))
def face_layout(card_type: str) -> None:
    """Print the shipped layout, to be changed and put into CARDSVC_FACES_DIR as TYPE.toml."""
    click.echo(shipped_layout(CardType(card_type)), nl=False)


@click.command("face-sample")
@click.argument("card_type", type=click.Choice([kind.value for kind in CardType]))
@_OUT
@click.option("--png", is_flag=True, help="also NAME-front.png and NAME-back.png, for screens")
@click.option("--dpi", type=click.IntRange(36, MAX_DPI), default=DEFAULT_DPI, show_default=True)
@click.pass_obj
def face_sample(settings: Settings, *, card_type: str, out: Path, png: bool, dpi: int) -> None:
    """Xem thử mẫu thẻ – a proof for a made-up person, to look at a layout."""
    with opened(settings) as installation:
        kind, at = CardType(card_type), installation.clock.now()
        made = installation.faces.sample(kind, holders(at.date())[kind], at)
        _warn(card_type, made)
        ink = Ink(settings.faces_folder)
        _write(out, cards_pdf([made], ink))
        if png:
            _write_images(out, made, ink, dpi)


def _write_images(out: Path, made: ComposedCard, ink: Ink, dpi: int) -> None:
    for side, image in zip(("front", "back"), face_images(made, ink, dpi), strict=True):
        _write(out.with_name(f"{out.stem}-{side}.png"), image)


def _card(
    installation: Installation, guid: CardGuid, order: _Order, photo: bytes | None
) -> ComposedCard:
    at = installation.clock.now()
    made = installation.faces.card(
        guid, operator=order.operator, at=at, photo=photo, proof=order.proof
    )
    _warn(str(guid), made)
    return made


def _of_application(
    installation: Installation, application: str, order: _Order, photos: Path | None
) -> ComposedCard:
    guid = installation.faces.live_card(application)
    if guid is not None:
        portrait = _photo(photos, str(guid)) or _photo(photos, application)
        return _card(installation, guid, order, portrait)
    if not order.proof:
        raise IssuanceError(ReasonCode.CARD_UNKNOWN, "has no live card; --proof does without")
    made = installation.faces.proof_of_application(
        application,
        operator=order.operator,
        at=installation.clock.now(),
        photo=_photo(photos, application),
    )
    _warn(application, made)
    return made


def _pdf(made: Sequence[ComposedCard], ink: Ink, settings: Settings, *, sheet: bool) -> bytes:
    if sheet:
        return sheet_pdf(made, load_sheet_plan(settings.faces_folder), ink)
    return cards_pdf(made, ink)


def _photo(folder: Path | None, name: str) -> bytes | None:
    # an application's id is what somebody typed: it names a file of this folder or none
    if folder is None or Path(name).name != name:
        return None
    file = folder / f"{name}.jpg"
    return file.read_bytes() if file.is_file() else None


def _warn(what: str, made: ComposedCard) -> None:
    for warning in made.warnings:
        click.echo(f"! {what}: {_WARNINGS[warning]}", err=True)


@contextmanager
def _listed(what: str, problems: list[str]) -> Iterator[None]:
    try:
        yield
    except CardsvcError as error:
        problems.append(f"{what}: {error_line(error)}")


def _write(path: Path, octets: bytes) -> None:
    """Write a file that only we can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise click.ClickException(f"{path}: {error.strerror}") from error
