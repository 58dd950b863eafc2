"""Acts on one card: each asked on a page of its own, done by one use case."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.audit import AuditAction
from cardsvc.errors import IssuanceError, StoreError
from cardsvc.lifecycle import CardEvent, IllegalTransition
from cardsvc.records import CardRecord, Holder
from issuance import lifecycle
from web.console.access import needs
from web.console.card_deeds import DEEDS, is_possible, why_not
from web.console.deeds import Deed
from web.console.forms import Form, FormReader
from web.console.once import once
from web.console.pages import card_code, card_forms
from web.console.portraits import has_photo
from web.console.refusals import done, led_back
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_application, find_card
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

Act = Callable[[ConsoleServices, CardRecord, FormReader], "str | Response | None"]
"""Does a deed; returns where to go, a page that is shown once, or None: the form has faults."""


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add, for each deed, the page that asks, and what does it."""
    for deed in DEEDS.values():
        _add(views, services, deed)


def _add(views: Blueprint, services: ConsoleServices, deed: Deed) -> None:
    @needs(*deed.roles, grave=deed.grave)
    def ask(guid: str) -> str | Response:
        card, holder = find_card(services, guid)
        if not is_possible(deed, card):
            # the back button, a saved address, or somebody who was faster
            late = IllegalTransition(card.state, deed.event)
            return led_back(services, late, str(card.guid), _page_of(card))
        return _question(services, card, holder, deed, Form())

    @needs(*deed.roles, grave=deed.grave)
    def act(guid: str) -> Response:
        card, holder = find_card(services, guid)

        def do() -> Response:
            form = FormReader(request.form)
            try:
                came = _ACTS[deed.name](services, card, form)
            except (IssuanceError, StoreError) as error:
                return led_back(services, error, str(card.guid), _page_of(card))
            if came is None:
                page = _question(services, card, holder, deed, form)
                return Response(page, 422, mimetype="text/html")
            return done(deed.done, came) if isinstance(came, str) else came

        return once(services, do, then=_page_of(card))

    name = deed.name.replace("-", "_")
    views.add_url_rule(f"/<guid>/{deed.name}", f"ask_{name}", ask)
    views.add_url_rule(f"/<guid>/{deed.name}", name, act, methods=["POST"])


def _page_of(card: CardRecord) -> str:
    return url_for("console.cards.show", guid=str(card.guid))


def _question(
    services: ConsoleServices, card: CardRecord, holder: Holder, deed: Deed, form: Form
) -> str:
    application = find_application(services, card.application_id)
    events = services.issuing.log.events(subject=str(card.guid))
    return render_template(
        "cards/act.html",
        card=card,
        holder=holder,
        deed=deed,
        form=form,
        card_type=CARD_TYPES[card.card_type],
        blocked=why_not(deed, application, present_operator()),
        choices=card_forms.CHOICES,
        shown_before=any(one.event.action is AuditAction.CARD_CODE_SHOWN for one in events),
        has_photo=has_photo(services, holder.id),
    )


def _plain(event: CardEvent) -> Act:
    step = {
        CardEvent.HAND_OVER: lifecycle.hand_over,
        CardEvent.RESUME: lifecycle.resume,
        CardEvent.SPOIL: lifecycle.spoil,
    }[event]

    def act(services: ConsoleServices, card: CardRecord, form: FormReader) -> str:
        del form
        by, at = present_operator().id, request_instant(services)
        step(services.issuing.store, card.guid, operator=by, at=at)
        return _page_of(card)

    return act


_ACTS: dict[str, Act] = {
    "hand-over": _plain(CardEvent.HAND_OVER),
    "resume": _plain(CardEvent.RESUME),
    "spoil": _plain(CardEvent.SPOIL),
    "suspend": card_forms.suspend,
    "withdraw": card_forms.withdraw,
    "destroy": card_forms.destroy,
    "report-loss": card_forms.report_loss,
    "unblock": card_forms.ask_for_unblock,
    "activation-code": card_code.show_code,
}
