"""Reader agents: which kiosks, counters and desks may call; for administrators."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Enrolled, Role, require_identifier
from cardsvc.desk_records import ReaderState
from cardsvc.errors import Malformed, ReasonCode
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.issuing_texts import refusal
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.paging import Column, Table
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_ID = Text("Mã thiết bị", "Agent identifier")
_NAME = Text("Nơi đặt", "Where it stands")
_COLUMNS = (
    Column(_ID),
    Column(_NAME),
    Column(Text("Trạng thái", "State")),
    Column(Text("Liên lạc lần cuối", "Last seen")),
)
_READER_STATES = {
    ReaderState.EMPTY: (Text("Sẵn sàng", "Ready"), "good"),
    ReaderState.CARD: (Text("Có thẻ", "A card is in it"), "waiting"),
    ReaderState.MUTE: (Text("Thẻ không trả lời", "The card does not answer"), "warning"),
}


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of reader agents."""
    views = Blueprint("agents", __name__, url_prefix="/agents")
    _enrolling_pages(views, services)
    _disabling_pages(views, services)
    return views


def _enrolling_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(Role.ADMINISTRATOR)
    def listing() -> str:
        told = {one.agent: one for one in services.issuing.presence()}
        table = Table(
            Text("Ki-ốt, quầy và bàn cấp thẻ", "Kiosks, counters and issuing desks"),
            _COLUMNS,
            [(one, told.get(one.id)) for one in services.agents.agents()],
            Text(
                "Chưa có thiết bị nào. Đăng ký thiết bị đầu tiên để bắt đầu đọc thẻ.",
                "There are no agents yet. Enrol the first one to read cards.",
            ),
            exports=exports_of("agents"),
        )
        return render_template("agents/listing.html", table=table)

    add_exports(views, "agents", (Role.ADMINISTRATOR,), _COLUMNS, lambda: _lines(services))

    @views.get("/<agent_id>")
    @needs(Role.ADMINISTRATOR)
    def show(agent_id: str) -> str:
        one = _find(services, agent_id)
        told = {seen.agent: seen for seen in services.issuing.presence()}.get(one.id)
        return render_template(
            "agents/show.html", one=one, told=told, health=(told and told.health) or None,
            reader_states=_READER_STATES, refusal=_reason,
        )  # fmt: skip

    @views.get("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new() -> str:
        form = Form.of({"id": request.args.get("id", ""), "name": request.args.get("name", "")})
        return render_template("agents/new.html", form=form)

    @views.post("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def enrol() -> Response:
        form = FormReader(request.form)
        agent_id = form.text("id", _ID)
        name = form.text("name", _NAME)
        for_good = form.ticked("token")
        if not form.error("id"):
            _check_id(form, agent_id)

        def act() -> Response:
            if form.errors:
                return Response(
                    render_template("agents/new.html", form=form), 422, mimetype="text/html"
                )
            let_in = services.agents.enrol_agent if for_good else services.invitations.invite
            secret = let_in(
                agent_id, name, operator=present_operator().id, at=request_instant(services)
            )
            page = render_template(
                "agents/secret_once.html", agent_id=agent_id, secret=secret, for_good=for_good
            )
            return Response(page, mimetype="text/html")

        return once(services, act, then=url_for("console.agents.listing"))


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    told = {one.agent: instant(one.seen_at) for one in services.issuing.presence()}
    allowed, shut = Text("Được phép", "Enabled"), Text("Đã ngắt", "Shut out")
    return [
        (one.id, one.name, str(allowed if one.enabled else shut), told.get(one.id, ""))
        for one in services.agents.agents()
    ]


def _disabling_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<agent_id>/disable")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask(agent_id: str) -> str:
        return render_template("agents/disable.html", one=_find(services, agent_id))

    @views.post("/<agent_id>/disable")
    @needs(Role.ADMINISTRATOR, grave=True)
    def disable(agent_id: str) -> Response:
        one = _find(services, agent_id)

        def act() -> Response:
            services.agents.disable_agent(
                one.id, operator=present_operator().id, at=request_instant(services)
            )
            notice(Text(f"Đã ngắt thiết bị {one.id}", f"Agent {one.id} was shut out"))
            return redirect(url_for("console.agents.listing"), _SEE_OTHER)

        return once(services, act)


def _check_id(form: Form, agent_id: str) -> None:
    try:
        require_identifier(agent_id)
    except Malformed:
        form.refuse(
            "id",
            "Mã thiết bị gồm 1 đến 64 chữ cái, chữ số, dấu chấm, gạch nối, gạch dưới",
            "The identifier has 1 to 64 letters, digits, dots, hyphens and underscores",
        )


def _reason(code: str) -> Text:
    try:
        return refusal(ReasonCode(code))
    except ValueError:
        return Text(code, code)


def _find(services: ConsoleServices, agent_id: str) -> Enrolled:
    found = {one.id: one for one in services.agents.agents()}.get(agent_id)
    if found is None:
        abort(404)
    return found
