"""A card on paper and on screen: its faces, sheets of many, the receipt of hand-over."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, Malformed
from cardsvc.lifecycle import ENDED_STATES, HANDED_OVER_STATES, CardState
from cardsvc.records import CardRecord
from issuance.faces.card_pdf import cards_pdf
from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Ink
from issuance.faces.preview import both_sides
from issuance.faces.sheet_pdf import sheet_pdf
from issuance.faces.sheet_plan import load_sheet_plan
from issuance.registry.photos import present_photo, require_photo
from web.console.access import needs
from web.console.refusals import led_back
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_application, find_card
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SCREEN_DPI = 200
_MOST_ON_SHEETS = 100


def may_be_printed(card: CardRecord) -> bool:
    """Tell whether a card has a face to print."""
    return card.state not in ENDED_STATES


def may_be_replaced(card: CardRecord) -> bool:
    """Tell whether another card may be asked for in a card's place."""
    return card.state in HANDED_OVER_STATES or card.state is CardState.REVOKED


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add faces, sheets and receipts."""

    @views.get("/sheets.pdf")
    @needs(Role.ISSUER)
    def sheets() -> Response:
        back = url_for("console.cards.listing")
        made = []
        for guid in request.args.getlist("guid")[:_MOST_ON_SHEETS]:
            card, _ = find_card(services, guid)
            try:
                made.append(_print(services, card))
            except (IssuanceError, Malformed) as error:
                return led_back(services, error, str(card.guid), back)
        folder = services.issuing.faces_folder
        return _pdf(sheet_pdf(made, load_sheet_plan(folder), Ink(folder)), "sheets")

    @views.get("/<guid>/faces.pdf")
    @needs(Role.ISSUER)
    def faces(guid: str) -> Response:
        card, _ = find_card(services, guid)
        try:
            made = _print(services, card)
        except (IssuanceError, Malformed) as error:
            back = url_for("console.cards.show", guid=str(card.guid))
            return led_back(services, error, str(card.guid), back)
        return _pdf(cards_pdf([made], Ink(services.issuing.faces_folder)), str(card.guid))

    @views.get("/<guid>/faces.png")
    @needs(Role.CLERK, Role.APPROVER, Role.ISSUER)
    def picture(guid: str) -> Response:
        card, holder = find_card(services, guid)
        photo = present_photo(services.issuing.photos, holder.id)
        made = services.issuing.faces.card(
            card.guid,
            operator=present_operator().id,
            at=request_instant(services),
            photo=photo.portrait.print_jpeg if photo else None,
            proof=True,
        )
        response = make_response(both_sides(made, Ink(services.issuing.faces_folder), _SCREEN_DPI))
        response.headers["Content-Type"] = "image/png"
        return response

    @views.get("/<guid>/faces")
    @needs(Role.CLERK, Role.APPROVER, Role.ISSUER)
    def look(guid: str) -> str:
        card, holder = find_card(services, guid)
        return render_template(
            "cards/faces.html",
            card=card,
            holder=holder,
            may_print=Role.ISSUER in present_operator().roles,
            has_photo=present_photo(services.issuing.photos, holder.id) is not None,
        )

    @views.get("/<guid>/receipt")
    @needs(Role.ISSUER)
    def receipt(guid: str) -> str:
        card, holder = find_card(services, guid)
        application = find_application(services, card.application_id)
        return render_template(
            "cards/receipt.html",
            card=card,
            holder=holder,
            application=application,
            card_type=CARD_TYPES[card.card_type],
            at=request_instant(services),
            by=present_operator(),
        )


def _print(services: ConsoleServices, card: CardRecord) -> ComposedCard:
    photo = require_photo(services.issuing.photos, card.holder_id)
    return services.issuing.faces.card(
        card.guid,
        operator=present_operator().id,
        at=request_instant(services),
        photo=photo.portrait.print_jpeg,
    )


def _pdf(octets: bytes, name: str) -> Response:
    response = make_response(octets)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response
