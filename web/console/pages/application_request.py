"""A new application for a person on record: a first card, a renewal or a replacement."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, Malformed
from cardsvc.lifecycle import HANDED_OVER_STATES, CardState
from cardsvc.records import CardRecord, Holder
from cardsvc.terms import ApplicationKind, CardType
from issuance.completeness import ApplicationIncomplete
from issuance.enrol import request_card
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.issuing_texts import FACTS, KINDS, refusal
from web.console.languages import Text
from web.console.once import once
from web.console.refusals import done
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_holder
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

_TYPE = Text("Loại thẻ", "Card")
_KIND = Text("Lý do cấp", "Kind")


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the form and what it does."""

    @views.get("/new")
    @needs(Role.CLERK)
    def new() -> str:
        holder = find_holder(services, request.args.get("holder", ""))
        replaces = request.args.get("replaces", "")
        form = Form.of(
            {
                "card_type": request.args.get("card_type") or _likely_type(holder).value,
                "kind": request.args.get("kind") or ApplicationKind.NEW.value,
                "replaces": replaces,
            }
        )
        return _page(services, holder, form)

    @views.post("/new")
    @needs(Role.CLERK)
    def ask_for_it() -> Response:
        form = FormReader(request.form)
        holder = find_holder(services, form.text("holder", Text("Chủ thẻ", "Holder")))
        card_type = form.choice("card_type", _TYPE, [one.value for one in CardType])
        kind = form.choice("kind", _KIND, [one.value for one in ApplicationKind])
        replaces = _read_old_card(form, kind)

        def act() -> Response:
            if not form.errors and card_type and kind:
                try:
                    made = request_card(
                        services.issuing.store,
                        application_id=services.issuing.new_id(),
                        card_type=CardType(card_type),
                        holder=holder,
                        operator=present_operator().id,
                        at=request_instant(services),
                        kind=ApplicationKind(kind),
                        replaces=replaces,
                    )
                except ApplicationIncomplete as error:
                    lacking = [FACTS.get(name, Text(name, name)) for name in error.missing]
                    why = refusal(error.reason)
                    form.refuse(
                        "card_type",
                        f"{why.vi} ({', '.join(one.vi for one in lacking)})",
                        f"{why.en} ({', '.join(one.en for one in lacking)})",
                    )
                except IssuanceError as error:
                    why = refusal(error.reason)
                    form.refuse("kind", why.vi, why.en)
                else:
                    return done(
                        Text("Đã gửi đề nghị cấp thẻ", "The request was sent"),
                        url_for("console.applications.show", application_id=made.id),
                    )
            return Response(_page(services, holder, form), 422, mimetype="text/html")

        return once(services, act)


def _page(services: ConsoleServices, holder: Holder, form: Form) -> str:
    cards = services.issuing.queue.cards_of_holder(holder.id)
    return render_template(
        "applications/new.html",
        holder=holder,
        form=form,
        types=list(CARD_TYPES.items()),
        kinds=KINDS,
        old_cards=[(str(one.guid), _named(one)) for one in cards if _may_be_replaced(one)],
    )


def _may_be_replaced(card: CardRecord) -> bool:
    return card.state in HANDED_OVER_STATES or card.state is CardState.REVOKED


def _named(card: CardRecord) -> Text:
    kind, state = CARD_TYPES[card.card_type], state_text(card.state)
    return Text(f"{kind.vi} – {state.vi} – {card.guid}", f"{kind.en} – {state.en} – {card.guid}")


def _likely_type(holder: Holder) -> CardType:
    if holder.employment is not None:
        return CardType.CIVIL_SERVANT
    return CardType.BUSINESS if holder.delegation is not None else CardType.INDIVIDUAL


def _read_old_card(form: FormReader, kind: str | None) -> CardGuid | None:
    typed = form.text("replaces", Text("Thay cho thẻ", "In place of card"), required=False)
    is_new = kind == ApplicationKind.NEW
    if is_new != (not typed):
        form.refuse(
            "replaces",
            "Cấp mới thì không thay thẻ nào; các lý do khác phải chọn thẻ cũ",
            "A new card replaces none; every other kind names the old card",
        )
        return None
    try:
        return CardGuid.parse(typed) if typed else None
    except Malformed:
        form.refuse("replaces", "Chọn thẻ cũ trong danh sách", "Select the old card from the list")
        return None
