"""Holders' photos: shown to those who may, changed after a look at what was made of the file."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.photo_records import Portrait
from issuance.registry.photos import (
    MAX_SOURCE_OCTETS,
    prepare_portrait,
    present_photo,
    put_photo,
)
from web.console.access import FORM_OCTETS, needs
from web.console.forms import Form
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages.holder_record import READERS, find_holder
from web.console.services import ConsoleServices
from web.console.uploads import UploadsFull
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_REFUSALS = {
    ReasonCode.PHOTO_TOO_LARGE: Text(
        "Ảnh quá lớn: nhiều nhất 20 MB và 40 triệu điểm ảnh. Chụp hoặc lưu lại với kích thước nhỏ hơn.",  # noqa: E501
        "The photo is too large: 20 MB and 40 million pixels at most. Save it smaller.",
    ),
    ReasonCode.PHOTO_TOO_SMALL: Text(
        "Ảnh quá nhỏ: mỗi cạnh ít nhất 120 điểm ảnh.",
        "The photo is too small: each side has 120 pixels at least.",
    ),
}
_NO_PICTURE = Text(
    "Không đọc được ảnh này: chọn tệp JPEG hoặc PNG; ảnh HEIC của điện thoại thì đổi sang JPEG.",
    "This picture can't be read: choose a JPEG or PNG file; convert HEIC of a phone to JPEG.",
)
_NONE_CHOSEN = Text("Chọn tệp ảnh", "Choose a photo")
_TOO_MANY = Text(
    "Đang có quá nhiều tệp chờ xác nhận. Thử lại sau ít phút.",
    "Too many files wait to be confirmed. Try again in a few minutes.",
)


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages of a holder's photo."""
    _picture_pages(views, services)
    _changing_pages(views, services)


def _picture_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<holder_id>/photo.jpg")
    @needs(*READERS)
    def photo(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        found = present_photo(services.registry.photos, one.id)
        if found is None or services.registry.directory.restricted_since(one.id):
            abort(404)
        return Response(found.portrait.print_jpeg, mimetype="image/jpeg")

    @views.get("/<holder_id>/photo/<upload_id>.jpg")
    @needs(Role.CLERK)
    def photo_preview(holder_id: str, upload_id: str) -> Response:
        one = find_holder(services, holder_id)
        portrait, _ = _held(services, one.id, upload_id)
        return Response(portrait.print_jpeg, mimetype="image/jpeg")


def _changing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<holder_id>/photo")
    @needs(Role.CLERK)
    def choose_photo(holder_id: str) -> str:
        one = find_holder(services, holder_id)
        return render_template("holders/photo_choose.html", one=one, form=Form())

    @views.post("/<holder_id>/photo")
    @needs(Role.CLERK, body_octets=MAX_SOURCE_OCTETS + FORM_OCTETS)
    def upload_photo(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        form = Form()
        sent = request.files.get("photo")
        octets = sent.read() if sent else b""
        fault = _fault(octets)
        key = ""
        if fault is None:
            try:
                key = services.registry.uploads.hold(
                    octets, sent.filename or "" if sent else "",
                    operator=present_operator().id, purpose=f"photo:{one.id}",
                    at=request_instant(services),
                )  # fmt: skip
            except UploadsFull:
                fault = _TOO_MANY
        if fault is not None:
            form.refuse("photo", fault.vi, fault.en)
            page = render_template("holders/photo_choose.html", one=one, form=form)
            return Response(page, 422, mimetype="text/html")
        where = url_for("console.holders.look_at_photo", holder_id=one.id, upload_id=key)
        return redirect(where, _SEE_OTHER)

    @views.get("/<holder_id>/photo/<upload_id>")
    @needs(Role.CLERK)
    def look_at_photo(holder_id: str, upload_id: str) -> str:
        one = find_holder(services, holder_id)
        portrait, _ = _held(services, one.id, upload_id)
        return render_template(
            "holders/photo_confirm.html", one=one, portrait=portrait, upload_id=upload_id
        )

    @views.post("/<holder_id>/photo/<upload_id>")
    @needs(Role.CLERK)
    def keep_photo(holder_id: str, upload_id: str) -> Response:
        one = find_holder(services, holder_id)

        def act() -> Response:
            _, octets = _held(services, one.id, upload_id)
            put_photo(
                services.registry.photos, one.id, octets,
                operator=present_operator().id, at=request_instant(services),
            )  # fmt: skip
            services.registry.uploads.forget(upload_id)
            notice(Text("Đã cập nhật ảnh chân dung", "The photo was changed"))
            return redirect(url_for("console.holders.show", holder_id=one.id), _SEE_OTHER)

        return once(services, act)


def _fault(octets: bytes) -> Text | None:
    if not octets:
        return _NONE_CHOSEN
    try:
        prepare_portrait(octets)
    except Malformed as error:
        return _REFUSALS.get(error.reason, _NO_PICTURE)
    return None


def _held(services: ConsoleServices, holder_id: str, upload_id: str) -> tuple[Portrait, bytes]:
    found = services.registry.uploads.find(
        upload_id,
        operator=present_operator().id,
        purpose=f"photo:{holder_id}",
        at=request_instant(services),
    )
    if found is None:
        abort(404)
    return prepare_portrait(found.octets), found.octets
