"""What is set at an agent from afar: which version runs, a new one, an earlier one again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Enrolled, Role
from cardsvc.agent_settings_records import SettingsVersion
from cardsvc.config_section import ConfigError
from cardsvc.errors import ReasonCode
from verification.agent_settings.text import allowed_entries
from web.agents.settings import SettingsRefused
from web.console.access import needs
from web.console.forms import Form
from web.console.issuing_texts import refusal
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.services import ConsoleServices
from web.console.settings_texts import settings_fault
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_FIELD = "settings"


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of agents' settings."""
    views = Blueprint("agent_settings", __name__, url_prefix="/agents/<agent_id>/settings")
    _editing_pages(views, services)
    _restoring_pages(views, services)
    return views


def _editing_pages(views: Blueprint, services: ConsoleServices) -> None:
    desk = services.agent_settings

    @views.get("")
    @needs(Role.ADMINISTRATOR, grave=True)
    def edit(agent_id: str) -> str:
        one, last = _agent(services, agent_id), desk.latest(agent_id)
        after = 0 if last is None else last.seq
        text = "" if last is None else last.text
        return _page(services, one, Form.of({_FIELD: text, "after": str(after)}))

    @views.post("")
    @needs(Role.ADMINISTRATOR, grave=True)
    def configure(agent_id: str) -> Response:
        one = _agent(services, agent_id)
        text = request.form.get(_FIELD, "").replace("\r\n", "\n")
        after = _whole(request.form.get("after", ""))
        form = Form.of({_FIELD: text, "after": str(after)})

        def act() -> Response:
            operator, at = present_operator().id, request_instant(services)
            try:
                made = desk.configure(one.id, text, after=after, operator=operator, at=at)
            except ConfigError as error:
                fault = settings_fault(error)
                form.refuse(_FIELD, fault.vi, fault.en)
            except SettingsRefused as error:
                why = refusal(error.reason)
                latest = desk.wanted(one.id) or 0
                # what was typed stays; who sends it again has seen that there is another
                form.values["after"] = [str(latest)]
                form.refuse(
                    _FIELD,
                    f"{why.vi} Bản mới nhất là {latest}: xem lại rồi gửi lần nữa.",
                    f"{why.en} The latest is {latest}: look at it, then send again.",
                )
            else:
                return _done(made)
            return Response(_page(services, one, form), 422, mimetype="text/html")

        return once(services, act)


def _restoring_pages(views: Blueprint, services: ConsoleServices) -> None:
    desk = services.agent_settings

    @views.get("/<int:seq>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def version(agent_id: str, seq: int) -> str:
        one, found = _agent(services, agent_id), desk.version(agent_id, seq)
        if found is None:
            abort(404)
        return render_template(
            "agents/settings_version.html", one=one, found=found, after=desk.wanted(agent_id)
        )

    @views.post("/<int:seq>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def restore(agent_id: str, seq: int) -> Response:
        one = _agent(services, agent_id)
        after = _whole(request.form.get("after", ""))

        def act() -> Response:
            operator, at = present_operator().id, request_instant(services)
            try:
                made = desk.restore(one.id, seq, after=after, operator=operator, at=at)
            except SettingsRefused as error:
                if error.reason is ReasonCode.SETTINGS_UNKNOWN:
                    abort(404)
                notice(refusal(error.reason), good=False)
                return redirect(
                    url_for("console.agent_settings.version", agent_id=one.id, seq=seq), _SEE_OTHER
                )
            except ConfigError as error:
                notice(settings_fault(error), good=False)
                return redirect(
                    url_for("console.agent_settings.version", agent_id=one.id, seq=seq), _SEE_OTHER
                )
            return _done(made)

        return once(services, act)


def _page(services: ConsoleServices, one: Enrolled, form: Form) -> str:
    return render_template(
        "agents/settings.html",
        one=one,
        form=form,
        running=_running(services, one.id),
        wanted=services.agent_settings.wanted(one.id),
        history=services.agent_settings.history(one.id),
        allowed=allowed_entries(),
        reason=_reason,
    )


def _running(services: ConsoleServices, agent_id: str) -> Mapping[str, Any] | None:
    """Return what the agent's last heartbeat said of its settings."""
    told = {seen.agent: seen for seen in services.issuing.presence()}.get(agent_id)
    settings = (told.health or {}).get("settings") if told is not None else None
    return settings if isinstance(settings, dict) else None


def _done(made: SettingsVersion) -> Response:
    notice(
        Text(
            f"Đã đặt bản {made.seq}. Thiết bị nhận ở lần liên lạc tiếp theo.",
            f"Version {made.seq} is set. The agent takes it when it calls next.",
        )
    )
    return redirect(url_for("console.agent_settings.edit", agent_id=made.agent), _SEE_OTHER)


def _reason(code: str) -> Text:
    try:
        return refusal(ReasonCode(code))
    except ValueError:
        return Text(code, code)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _agent(services: ConsoleServices, agent_id: str) -> Enrolled:
    found = {one.id: one for one in services.agents.agents()}.get(agent_id)
    if found is None:
        abort(404)
    return found
