"""Finding one record within an operator's scope: what lies outside is not there."""

from __future__ import annotations

from flask import abort

from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed
from cardsvc.records import Application, CardRecord, Holder
from web.console.scopes import covers_holder
from web.console.services import ConsoleServices
from web.console.visitor import present_operator


def is_covered(holder: Holder) -> bool:
    """Tell whether a person's records are in the present operator's scope."""
    return covers_holder(present_operator(), holder)


def find_holder(services: ConsoleServices, holder_id: str) -> Holder:
    """Return a person; a page that is not found otherwise."""
    found = services.issuing.queue.holder(holder_id)
    if found is None or not is_covered(found):
        abort(404)
    return found


def find_application(services: ConsoleServices, application_id: str) -> Application:
    """Return an application; a page that is not found otherwise."""
    found = services.issuing.queue.application(application_id)
    if found is None or not is_covered(found.holder):
        abort(404)
    return found


def find_card(services: ConsoleServices, guid: str) -> tuple[CardRecord, Holder]:
    """Return a card and whose it is; a page that is not found otherwise."""
    try:
        card = services.issuing.queue.card(CardGuid.parse(guid))
    except Malformed:
        abort(404)
    if card is None:
        abort(404)
    return card, find_holder(services, card.holder_id)
