"""Adding, renaming, merging, splitting, dissolving agencies: asked, tried out, shown, then done."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.agency_records import Agency, AgencyBook
from cardsvc.errors import IssuanceError, ReasonCode
from issuance.registry.rehearsal import RehearsedAgencies
from web.console.access import needs
from web.console.agency_form import (
    MAX_PARTS,
    AgencyChange,
    AgencyDeed,
    code_field,
    read_change,
)
from web.console.agency_texts import CHANGED_MEANWHILE, DEEDS, DONE, FATES, REFUSALS
from web.console.forms import Form, FormReader
from web.console.notices import notice
from web.console.once import once
from web.console.scopes import present_day
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_DEED = "<any(rename,merge,split,dissolve):deed>"
Finder = Callable[[AgencyBook, str], Agency]


def add_pages(views: Blueprint, services: ConsoleServices, find: Finder) -> None:
    """Add the pages that change agencies."""

    @views.get("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new() -> Response:
        return _ask(services, AgencyDeed.ADD, None, _filled(AgencyDeed.ADD, None))

    @views.get("/new/preview")
    @needs(Role.ADMINISTRATOR, grave=True)
    def look_at_new() -> Response:
        return _preview(services, AgencyDeed.ADD, None)

    @views.post("/new/preview")
    @needs(Role.ADMINISTRATOR, grave=True)
    def add() -> Response:
        return once(services, lambda: _confirmed(services, AgencyDeed.ADD, None))

    @views.get(f"/<agency>/{_DEED}")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask(agency: str, deed: str) -> Response:
        one = find(services.registry.agencies.book(), agency)
        return _ask(services, AgencyDeed(deed), one, _filled(AgencyDeed(deed), one))

    @views.get(f"/<agency>/{_DEED}/preview")
    @needs(Role.ADMINISTRATOR, grave=True)
    def preview(agency: str, deed: str) -> Response:
        one = find(services.registry.agencies.book(), agency)
        return _preview(services, AgencyDeed(deed), one)

    @views.post(f"/<agency>/{_DEED}/preview")
    @needs(Role.ADMINISTRATOR, grave=True)
    def change(agency: str, deed: str) -> Response:
        one = find(services.registry.agencies.book(), agency)
        return once(services, lambda: _confirmed(services, AgencyDeed(deed), one))


def _filled(deed: AgencyDeed, one: Agency | None) -> Form:
    """Return the form as it is opened: with what was typed before, or with what is on record."""
    form = Form.of(request.args.to_dict())
    if one is None or request.args:
        return form
    last = one.versions[-1]
    form.values["parent"] = [last.parent.value if last.parent else ""]
    if deed is AgencyDeed.RENAME:
        form.values |= {
            "code": [one.code.value], "name": [last.name], "short_name": [last.short_name],
        }  # fmt: skip
    elif deed is AgencyDeed.SPLIT:
        form.values |= {"part-1-code": [one.code.value], "part-1-name": [last.name]}
    return form


def _ask(
    services: ConsoleServices, deed: AgencyDeed, one: Agency | None, form: Form, status: int = 200
) -> Response:
    book, day = services.registry.agencies.book(), present_day(services)
    page = render_template(
        "agencies/change.html", deed=deed.value, one=one, form=form, text=DEEDS[deed],
        look=_preview_address(deed, one), parts=range(1, MAX_PARTS + 1),
        agencies=[node for node in book.tree(day) if present_operator().covers(node.code.value)],
    )  # fmt: skip
    return Response(page, status, mimetype="text/html")


def _tried(
    services: ConsoleServices, deed: AgencyDeed, one: Agency | None, form: FormReader
) -> tuple[AgencyChange, RehearsedAgencies] | None:
    """Read and try a change out; None after a fault is noted in the form."""
    book, covers = services.registry.agencies.book(), present_operator().covers
    asked = read_change(form, deed, one.code if one else None, book=book, covers=covers)
    if asked is None:
        return None
    rehearsed = RehearsedAgencies(book)
    try:
        asked.do(rehearsed, operator=present_operator().id, at=request_instant(services))
    except IssuanceError as error:
        _refuse(form, deed, error)
        return None
    return asked, rehearsed


def _refuse(form: Form, deed: AgencyDeed, error: IssuanceError) -> None:
    text = REFUSALS.get(error.reason)
    if text is None:
        raise error
    impossible = error.reason is ReasonCode.AGENCY_CHANGE_IMPOSSIBLE
    form.refuse("on" if impossible else code_field(deed), text.vi, text.en)


def _preview(
    services: ConsoleServices, deed: AgencyDeed, one: Agency | None, *, late: bool = False
) -> Response:
    form = FormReader(request.args)
    tried = _tried(services, deed, one, form)
    if tried is None:
        return _ask(services, deed, one, form, 422)
    asked, rehearsed = tried
    book, registry = services.registry.agencies.book(), services.registry
    ends = [code for code in asked.codes if rehearsed.book().at(code, asked.on) is None]
    touched = ends or asked.codes or tuple(part.code for part in asked.into)
    below = {
        found.code
        for found in book
        if (version := found.at(asked.on)) is not None and version.parent in ends
    } - set(asked.concerned)
    scopes = {code.value for code in ends}
    problem = Form()
    if late:
        problem.refuse("confirm", CHANGED_MEANWHILE.vi, CHANGED_MEANWHILE.en)
    page = render_template(
        "agencies/preview.html", deed=deed.value, one=one, text=DEEDS[deed], asked=asked,
        ended=[(code, rehearsed.book().find(code)) for code in ends],
        stands=[
            (changed, version) for changed in rehearsed.changed
            if (version := changed.at(asked.on)) is not None
        ],
        staff=registry.staff.count(touched), touched=touched, below=sorted(map(str, below)),
        operators=[who.id for who in services.register.all() if scopes & who.agencies],
        form=problem, seen=_seen(asked, book), fates=FATES, back=_form_address(deed, one),
    )  # fmt: skip
    return Response(page, 409 if late else 200, mimetype="text/html")


def _confirmed(services: ConsoleServices, deed: AgencyDeed, one: Agency | None) -> Response:
    form = FormReader(request.args)
    tried = _tried(services, deed, one, form)
    if tried is None:
        return _ask(services, deed, one, form, 422)
    asked, _ = tried
    registry = services.registry
    if request.form.get("seen", "") != _seen(asked, registry.agencies.book()):
        return _preview(services, deed, one, late=True)
    try:
        asked.do(registry.agencies, operator=present_operator().id, at=request_instant(services))
    except IssuanceError as error:  # somebody was faster than the look at the book above
        _refuse(form, deed, error)
        return _ask(services, deed, one, form, 422)
    notice(DONE[deed])
    shown = one.code if one else asked.into[0].code
    return redirect(url_for("console.agencies.show", agency=shown), _SEE_OTHER)


def _seen(asked: AgencyChange, book: AgencyBook) -> str:
    """Return in which state the agencies were looked at: a confirmation is of that state."""
    known = (book.find(code) for code in asked.concerned)
    return " ".join(f"{one.code}:{one.version}" for one in known if one is not None)


def _preview_address(deed: AgencyDeed, one: Agency | None) -> str:
    if one is None:
        return url_for("console.agencies.look_at_new")
    return url_for("console.agencies.preview", agency=one.code, deed=deed.value)


def _form_address(deed: AgencyDeed, one: Agency | None) -> str:
    there = url_for("console.agencies.new")
    if one is not None:
        there = url_for("console.agencies.ask", agency=one.code, deed=deed.value)
    return f"{there}?{urlencode(request.args.to_dict())}"
