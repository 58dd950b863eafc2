"""Deciding on one application: approve, return, reject, send in again, withdraw."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import APPLICATION_TRANSITIONS, ApplicationEvent, IllegalTransition
from cardsvc.records import Application
from issuance import approve as decisions
from issuance.completeness import ApplicationIncomplete
from issuance.enrol import resubmit
from web.console.access import needs
from web.console.application_deeds import DEEDS, why_not
from web.console.deeds import Deed
from web.console.forms import FieldError, Form, FormReader
from web.console.issuing_texts import FACTS, KINDS, NOTE_CODES, refusal
from web.console.languages import Text
from web.console.once import once
from web.console.portraits import has_photo
from web.console.refusals import done, led_back
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_application
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_CODE = Text("Lý do", "Reason")
_FIELDS = Text("Thông tin cần bổ sung", "Facts to complete")
_TEXT = Text("Ghi chú", "Note")
_WITH_NOTE = frozenset({"return", "reject"})


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add, for each deed, the page that asks, and what does it."""
    for deed in DEEDS.values():
        _add(views, services, deed)


def _add(views: Blueprint, services: ConsoleServices, deed: Deed) -> None:
    @needs(*deed.roles)
    def ask(application_id: str) -> str | Response:
        one = find_application(services, application_id)
        if (one.state, deed.event) not in APPLICATION_TRANSITIONS:
            # the back button, a saved address, or somebody who was faster
            late = IllegalTransition(one.state, deed.event)
            return led_back(services, late, one.id, _page_of(one))
        return _question(services, one, deed, Form())

    @needs(*deed.roles)
    def act(application_id: str) -> Response:
        one = find_application(services, application_id)
        form = FormReader(request.form)
        code, fields, text = _read_note(form, deed.name)

        def decide() -> Response:
            if form.errors:
                return Response(_question(services, one, deed, form), 422, mimetype="text/html")
            try:
                _decide(services, one, deed, (code, fields, text))
            except ApplicationIncomplete as error:
                form.errors.extend(_lacking(error))
                return Response(_question(services, one, deed, form), 422, mimetype="text/html")
            except IssuanceError as error:
                return led_back(services, error, one.id, _page_of(one))
            return done(deed.done, _page_of(one))

        return once(services, decide)

    address = f"/<application_id>/{deed.name}"
    views.add_url_rule(address, f"ask_{deed.name}", ask)
    views.add_url_rule(address, deed.name, act, methods=["POST"])


def _page_of(one: Application) -> str:
    return url_for("console.applications.show", application_id=one.id)


def _question(services: ConsoleServices, one: Application, deed: Deed, form: Form) -> str:
    return render_template(
        "applications/decide.html",
        one=one,
        holder=one.holder,
        deed=deed,
        form=form,
        blocked=why_not(deed, one, present_operator()),
        with_note=deed.name in _WITH_NOTE,
        note_codes=NOTE_CODES,
        facts=FACTS,
        kind=KINDS[one.kind],
        card_type=CARD_TYPES[one.card_type],
        has_photo=has_photo(services, one.holder.id),
    )


def _read_note(form: FormReader, name: str) -> tuple[str, list[str], str]:
    if name not in _WITH_NOTE:
        return "", [], ""
    code = form.choice("note", _CODE, list(NOTE_CODES)) or ""
    fields = form.choices("fields", _FIELDS, list(FACTS), required=name == "return")
    text = form.text("text", _TEXT, required=False, longest=1000)
    return code, fields, text


def _decide(
    services: ConsoleServices, one: Application, deed: Deed, note: tuple[str, list[str], str]
) -> None:
    store, by, at = services.issuing.store, present_operator().id, request_instant(services)
    code, fields, text = note
    match deed.event:
        case ApplicationEvent.APPROVE:
            decisions.approve(store, one.id, operator=by, at=at)
        case ApplicationEvent.RETURN:
            decisions.return_for_completion(
                store, one.id, note_code=code, operator=by, at=at, fields=fields, text=text
            )
        case ApplicationEvent.REJECT:
            decisions.reject(store, one.id, note_code=code, operator=by, at=at, text=text)
        case ApplicationEvent.RESUBMIT:
            resubmit(store, one.id, holder=one.holder, operator=by, at=at)
        case ApplicationEvent.WITHDRAW:
            decisions.withdraw(store, one.id, operator=by, at=at)
        case _:
            abort(404)


def _lacking(error: ApplicationIncomplete) -> list[FieldError]:
    form = Form()
    why = refusal(ReasonCode.APPLICATION_INCOMPLETE)
    for name in error.missing:
        fact = FACTS.get(name, Text(name, name))
        form.refuse("confirm", f"{why.vi} ({fact.vi})", f"{why.en} ({fact.en})")
    return list(form.errors)
