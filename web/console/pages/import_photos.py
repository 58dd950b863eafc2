"""Portraits for those whom an import applied: an archive is looked into, then taken in."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.import_records import ImportRecord
from issuance.importing.photo_archive import PhotoArchive, PhotoSkip, parse_photo_archive
from issuance.importing.refusals import RefusedFile
from web.console.access import FORM_OCTETS, needs
from web.console.forms import Form
from web.console.languages import Text
from web.console.once import once
from web.console.services import ConsoleServices
from web.console.uploads import UploadsFull
from web.console.visitor import present_operator, request_instant

MAX_ARCHIVE_OCTETS = 100 * 1024 * 1024
"""As a browser sends it; a larger one is cut, or taken in from the command line."""
_SEE_OTHER = 303
Finder = Callable[[ConsoleServices, str], ImportRecord]
SKIPPED = {
    PhotoSkip.PATH_REFUSED: Text(
        "Tên tệp chứa đường dẫn không an toàn", "Name with an unsafe path"
    ),
    PhotoSkip.NOT_A_FILE: Text("Không phải tệp thường", "No plain file"),
    PhotoSkip.NESTED_ARCHIVE: Text("Tệp nén nằm trong tệp nén", "An archive within the archive"),
    PhotoSkip.NOT_AN_IMAGE: Text(
        "Không phải ảnh JPEG hoặc PNG (ảnh HEIC của điện thoại: đổi sang JPEG)",
        "No JPEG or PNG picture (HEIC of a phone: convert it to JPEG)",
    ),
    PhotoSkip.SEVERAL_FOR_ONE: Text("Nhiều ảnh cho một người", "Several for one person"),
    PhotoSkip.FITS_NOBODY: Text(
        "Tên tệp không khớp số định danh hoặc mã cán bộ của ai đã nhập",
        "Named by no personal number or staff code of anybody who was imported",
    ),
}
_NONE_CHOSEN = Text("Chọn tệp ZIP", "Choose a ZIP file")
_NO_PHOTOS = Text(
    "Không có ảnh nào đặt tên theo số định danh hoặc mã cán bộ trong tệp này.",
    "No picture in this file is named by a personal number or a staff code.",
)
_TOO_MANY = Text(
    "Đang có quá nhiều tệp chờ xử lý. Thử lại sau ít phút.",
    "Too many files wait. Try again in a few minutes.",
)
_BUSY = Text(
    "Tệp ảnh trước của danh sách này chưa xử lý xong.",
    "The archive sent before is still being worked on.",
)


def add_pages(views: Blueprint, services: ConsoleServices, find: Finder) -> None:
    """Add the pages on which portraits are sent."""

    @views.get("/<import_id>/photos")
    @needs(Role.CLERK)
    def choose_photos(import_id: str) -> str:
        return render_template("imports/photos.html", one=find(services, import_id), form=Form())

    @views.post("/<import_id>/photos")
    @needs(Role.CLERK, body_octets=MAX_ARCHIVE_OCTETS + FORM_OCTETS)
    def send_photos(import_id: str) -> Response:
        record = find(services, import_id)
        sent = request.files.get("photos")
        octets = sent.read() if sent else b""

        def act() -> Response:
            fault = _take(services, record, octets)
            if fault is not None:
                form = Form()
                form.refuse("photos", fault.vi, fault.en)
                page = render_template("imports/photos.html", one=record, form=form)
                return Response(page, 422, mimetype="text/html")
            return redirect(url_for("console.imports.show", import_id=record.id), _SEE_OTHER)

        return once(services, act)


def _take(services: ConsoleServices, record: ImportRecord, octets: bytes) -> Text | None:
    """Have an archive taken in; return what is wrong with it, where something is."""
    registry, operator = services.registry, present_operator().id
    opened = _open(octets)
    if isinstance(opened, Text):
        return opened
    if registry.runner.work(record.id).taking_photos:
        return _BUSY
    try:
        key = registry.uploads.hold(
            octets, "", operator=operator, purpose=f"photos:{record.id}",
            at=request_instant(services),
        )  # fmt: skip
    except UploadsFull:
        return _TOO_MANY
    if not registry.runner.take_photos(
        record.id, opened, operator, lambda: registry.uploads.forget(key)
    ):
        registry.uploads.forget(key)
        return _BUSY
    return None


def _open(octets: bytes) -> PhotoArchive | Text:
    if not octets:
        return _NONE_CHOSEN
    try:
        opened = parse_photo_archive(octets)
    except RefusedFile as error:
        return Text(error.vi, f"{error}.")
    return opened if opened.members else _NO_PHOTOS
