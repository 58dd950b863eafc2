"""One holder's page: facts, cards, requests, history; what is masked is shown for a reason."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.records import Holder
from issuance.registry.disclosure import DisclosureReason, disclose_holder
from issuance.registry.photos import present_photo
from web.console.access import needs
from web.console.audit_texts import action_text
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.registry_texts import CARD_TYPES, CATEGORIES, DISCLOSURE_REASONS, SEXES
from web.console.scopes import covers_holder
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR)
_EVENTS_SHOWN = 50
_REASON = Text("Lý do", "Reason")
TimelineEntry = tuple[datetime, object, str, str]


def find_holder(services: ConsoleServices, holder_id: str) -> Holder:
    """Return a holder in the operator's scope; a page that is not found otherwise."""
    found = services.registry.directory.find(holder_id)
    if found is None or not covers_holder(present_operator(), found):
        abort(404)
    return found


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages of one holder's record."""

    @views.get("/<holder_id>")
    @needs(*READERS)
    def show(holder_id: str) -> str:
        return _record(services, find_holder(services, holder_id), in_full=False)

    @views.get("/<holder_id>/disclose")
    @needs(*READERS)
    def ask_to_disclose(holder_id: str) -> str:
        one = find_holder(services, holder_id)
        return render_template(
            "holders/disclose.html", one=one, form=Form(), reasons=DISCLOSURE_REASONS
        )

    @views.post("/<holder_id>/disclose")
    @needs(*READERS)
    def disclose(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        form = FormReader(request.form)
        chosen = form.choice("reason", _REASON, [reason.value for reason in DisclosureReason])

        def act() -> Response:
            if chosen is None:
                page = render_template(
                    "holders/disclose.html", one=one, form=form, reasons=DISCLOSURE_REASONS
                )
                return Response(page, 422, mimetype="text/html")
            seen = disclose_holder(
                services.registry.holders,
                one.id,
                DisclosureReason(chosen),
                operator=present_operator().id,
                at=request_instant(services),
            )
            return Response(_record(services, seen, in_full=True), mimetype="text/html")

        return once(services, act, then=request.path.removesuffix("/disclose"))


def _record(services: ConsoleServices, one: Holder, *, in_full: bool) -> str:
    registry = services.registry
    restricted_since = registry.directory.restricted_since(one.id)
    cards = registry.lists.cards(holder_id=one.id)
    applications = registry.requests_of(one.id)
    names = {one.id: "", **{made.id: str(CARD_TYPES[made.card_type]) for made in applications}}
    names |= {str(card.guid): f"{CARD_TYPES[card.card_type]} · {card.guid}" for card in cards}
    return render_template(
        "holders/show.html",
        one=one,
        in_full=in_full,
        cards=cards,
        applications=applications,
        photo=None if restricted_since else present_photo(registry.photos, one.id),
        restricted_since=restricted_since,
        is_approver=Role.APPROVER in present_operator().roles,
        history=_history(services, names),
        is_clerk=Role.CLERK in present_operator().roles,
        today=request_instant(services).date(),
        categories=CATEGORIES,
        card_types=CARD_TYPES,
        sexes=SEXES,
    )


def _history(services: ConsoleServices, names: dict[str, str]) -> list[TimelineEntry]:
    """Return what the audit log holds under a person's identifiers, newest first."""
    found = [
        one
        for subject in names
        for one in services.registry.log.events(subject=subject, limit=_EVENTS_SHOWN)
    ]
    found.sort(key=lambda one: one.seq, reverse=True)
    entries: list[TimelineEntry] = []
    for one in found[:_EVENTS_SHOWN]:
        event = one.event
        title = action_text(event.action)
        entries.append((event.at, title, event.actor, names[event.subject]))
    return entries
