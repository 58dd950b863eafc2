"""Letting a person's data be used again that was restricted; restricting is a request's affair."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from web.console.access import needs
from web.console.languages import Text
from web.console.once import once
from web.console.pages.holder_record import find_holder
from web.console.refusals import done
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_LIFTED = Text("Đã bỏ hạn chế xử lý dữ liệu", "The restriction was lifted")
_WAS_NONE = Text("Dữ liệu này không bị hạn chế", "This data was not restricted")


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages that lift a restriction."""

    @views.get("/<holder_id>/lift-restriction")
    @needs(Role.APPROVER)
    def ask_to_lift(holder_id: str) -> str:
        return render_template("holders/lift.html", one=find_holder(services, holder_id))

    @views.post("/<holder_id>/lift-restriction")
    @needs(Role.APPROVER)
    def lift(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            lifted = services.oversight.requests.lift_restriction(one.id, operator=by, at=at)
            where = url_for("console.holders.show", holder_id=one.id)
            return done(_LIFTED if lifted else _WAS_NONE, where)

        return once(services, act)
