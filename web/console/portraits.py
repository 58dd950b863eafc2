"""Portraits on pages: shown beside the facts, never cached."""

from __future__ import annotations

from flask import abort, make_response
from werkzeug.wrappers import Response

from issuance.registry.photos import present_photo
from web.console.services import ConsoleServices


def has_photo(services: ConsoleServices, holder_id: str) -> bool:
    """Tell whether there is a photo of a holder."""
    return present_photo(services.issuing.photos, holder_id) is not None


def send_portrait(services: ConsoleServices, holder_id: str) -> Response:
    """Return a holder's present photo as it is printed."""
    photo = present_photo(services.issuing.photos, holder_id)
    if photo is None:
        abort(404)
    response = make_response(photo.portrait.print_jpeg)
    response.headers["Content-Type"] = "image/jpeg"
    return response
