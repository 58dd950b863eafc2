"""The activation code, shown once on a page that is made for handing it over."""

from __future__ import annotations

from flask import render_template
from werkzeug.wrappers import Response

from cardsvc.records import CardRecord
from issuance.activation_code import show_activation_code
from web.console.forms import FormReader
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant


def show_code(services: ConsoleServices, card: CardRecord, form: FormReader) -> Response:
    """Show the code; a second time only where somebody says that the first slip was lost."""
    code = show_activation_code(
        services.issuing.store,
        services.issuing.secrets,
        card.guid,
        operator=present_operator().id,
        at=request_instant(services),
        again=form.ticked("again"),
    )
    page = render_template("cards/code_once.html", card=card, code=code)
    return Response(page, mimetype="text/html")
