"""The proof of a card that is asked for: to be looked at, and signed off, before it is made."""

from __future__ import annotations

from flask import Blueprint, make_response, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, Malformed
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.draw import Ink
from issuance.registry.photos import present_photo
from web.console.access import needs
from web.console.refusals import led_back
from web.console.scopes_of_cards import find_application
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the proof of an application's card."""

    @views.get("/<application_id>/proof.pdf")
    @needs(Role.CLERK, Role.APPROVER, Role.ISSUER)
    def proof(application_id: str) -> Response:
        application, issuing = find_application(services, application_id), services.issuing
        photo = present_photo(issuing.photos, application.holder.id)
        try:
            made = issuing.faces.proof_of_application(
                application.id,
                operator=present_operator().id,
                at=request_instant(services),
                photo=photo.portrait.print_jpeg if photo else None,
            )
        except (IssuanceError, Malformed) as error:
            back = url_for("console.applications.show", application_id=application.id)
            return led_back(services, error, application.id, back)
        response = make_response(cards_pdf([made], Ink(issuing.faces_folder)))
        response.headers["Content-Type"] = "application/pdf"
        response.headers["Content-Disposition"] = 'inline; filename="proof.pdf"'
        return response
