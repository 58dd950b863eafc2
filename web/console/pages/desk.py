"""The issuing desk: what waits for a card, ordering one, and the jobs that run."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.desk_records import JobKind
from cardsvc.errors import IssuanceError, Malformed, ReasonCode, StoreError
from cardsvc.lifecycle import ApplicationState
from cardsvc.queue_records import ApplicationFilter, QueuedApplication
from cardsvc.records import Application, CardRecord
from issuance.card_jobs import place_card_job
from issuance.desk_orders import order_card
from issuance.job_records import JobOrder
from issuance.orders import OrderState
from issuance.registry.photos import present_photo
from issuance.stock.card_blanks import StockRule
from issuance.stock.serials import parse_serial
from web.console.access import needs
from web.console.desk_agents import agent_choices, desk_agents
from web.console.forms import Form, FormReader
from web.console.issuing_texts import KINDS, refusal
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages import desk_jobs
from web.console.paging import Column, Table
from web.console.portraits import has_photo
from web.console.refusals import done
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_application, find_card
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_MOST = 200
_DESK = Text("Bàn cấp thẻ", "Issuing desk")
_BLANK = Text("Số phôi", "Blank's serial")
_OF_THE_BLANK = frozenset(
    {
        ReasonCode.BLANK_REQUIRED,
        ReasonCode.BLANK_UNKNOWN,
        ReasonCode.BLANK_NOT_IN_STOCK,
        ReasonCode.MALFORMED_BLANK_SERIAL,
    }
)
_COLUMNS = (
    Column(Text("Họ và tên", "Name")),
    Column(Text("Loại thẻ", "Card")),
    Column(Text("Lý do cấp", "Kind")),
    Column(Text("Cơ quan", "Agency")),
    Column(Text("Việc", "Work")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of the desk."""
    views = Blueprint("desk", __name__, url_prefix="/desk")
    _overview(views, services)
    _ordering_pages(views, services)
    _activation_pages(views, services)
    desk_jobs.add_pages(views, services)
    return views


def _overview(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(Role.ISSUER)
    def overview() -> str:
        waiting = Table(
            Text("Đề nghị đã phê duyệt, chờ làm thẻ", "Approved, waiting for a card"),
            _COLUMNS,
            _waiting(services),
            Text("Không có đề nghị nào chờ làm thẻ.", "Nothing waits for a card."),
        )
        return render_template(
            "desk/overview.html",
            table=waiting,
            agents=desk_agents(services),
            jobs=desk_jobs.open_jobs(services),
            types=CARD_TYPES,
            kinds=KINDS,
            me=present_operator().id,
        )

    @views.get("/next")
    @needs(Role.ISSUER)
    def next_card() -> Response:
        for one in _waiting(services):
            application = services.issuing.queue.application(one.id)
            if application is None or _is_mine(application):
                continue
            return redirect(
                url_for(
                    "console.desk.new", application=one.id, agent=request.args.get("agent", "")
                ),
                _SEE_OTHER,
            )
        notice(Text("Không còn đề nghị nào chờ làm thẻ", "Nothing waits for a card any more"))
        return redirect(url_for("console.desk.overview"), _SEE_OTHER)


def _ordering_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.ISSUER)
    def new() -> str:
        one = find_application(services, request.args.get("application", ""))
        return _order_page(services, one, Form.of({"agent": request.args.get("agent", "")}))

    @views.post("/new")
    @needs(Role.ISSUER)
    def order() -> Response:
        form = FormReader(request.form)
        one = find_application(services, form.text("application", Text("Đề nghị", "Application")))
        agent = form.choice("agent", _DESK, [value for value, _ in agent_choices(services)])
        enforced = services.issuing.stock_rule is StockRule.ENFORCE
        typed = form.text("blank", _BLANK, required=enforced)

        def act() -> Response:
            if agent is None or form.errors:
                return Response(_order_page(services, one, form), 422, mimetype="text/html")
            issuing, job_id = services.issuing, services.issuing.new_id()
            photo = present_photo(issuing.photos, one.holder.id)
            try:
                job = JobOrder(
                    one.id,
                    agent,
                    present_operator().id,
                    photo_jpeg=photo.portrait.chip_jpeg if photo else None,
                    blank=parse_serial(typed, issuing.serials) if typed else None,
                )
                order_card(
                    issuing.store, issuing.jobs, job,
                    job_id=job_id, rule=issuing.stock_rule, at=request_instant(services),
                )  # fmt: skip
            except (IssuanceError, Malformed, StoreError) as error:
                why = refusal(error.reason)
                form.refuse("blank" if error.reason in _OF_THE_BLANK else "agent", why.vi, why.en)
                return Response(_order_page(services, one, form), 422, mimetype="text/html")
            return redirect(url_for("console.desk.job", job_id=job_id), _SEE_OTHER)

        return once(services, act)


def _activation_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/activate/<guid>")
    @needs(Role.ISSUER)
    def ask_activation(guid: str) -> str:
        card, _ = find_card(services, guid)
        form = Form.of({"agent": request.args.get("agent", "")})
        return _activation_page(services, card, form)

    @views.post("/activate/<guid>")
    @needs(Role.ISSUER)
    def activate(guid: str) -> Response:
        card, _ = find_card(services, guid)
        form = FormReader(request.form)
        agent = form.choice("agent", _DESK, [value for value, _ in agent_choices(services)])

        def act() -> Response:
            if agent is None:
                return Response(_activation_page(services, card, form), 422, mimetype="text/html")
            issuing, job_id = services.issuing, services.issuing.new_id()
            try:
                place_card_job(
                    issuing.store, issuing.jobs, JobKind.ACTIVATE, card.guid,
                    job_id=job_id, agent=agent, operator=present_operator().id,
                    at=request_instant(services),
                )  # fmt: skip
            except (IssuanceError, StoreError) as error:
                why = refusal(error.reason)
                form.refuse("agent", why.vi, why.en)
                return Response(_activation_page(services, card, form), 422, mimetype="text/html")
            return done(
                Text("Bàn cấp thẻ đang chờ chủ thẻ đặt PIN", "The desk waits for the holder's PIN"),
                url_for("console.desk.job", job_id=job_id),
            )

        return once(services, act)


def _order_page(services: ConsoleServices, one: Application, form: Form) -> str:
    return render_template(
        "desk/new.html",
        one=one,
        holder=one.holder,
        form=form,
        agents=agent_choices(services),
        card_type=CARD_TYPES[one.card_type],
        has_photo=has_photo(services, one.holder.id),
        needs_blank=services.issuing.stock_rule is StockRule.ENFORCE,
        blocked=refusal(ReasonCode.SAME_OPERATOR) if _is_mine(one) else None,
    )


def _activation_page(services: ConsoleServices, card: CardRecord, form: Form) -> str:
    return render_template(
        "desk/activate.html",
        card=card,
        holder=services.issuing.queue.holder(card.holder_id),
        form=form,
        agents=agent_choices(services),
    )


def _is_mine(one: Application) -> bool:
    return present_operator().id in (one.requested_by, one.approved_by)


def _waiting(services: ConsoleServices) -> list[QueuedApplication]:
    """Return approved applications without an open job, the longest waiting first."""
    asked = ApplicationFilter(state=ApplicationState.APPROVED, scope=present_operator().agencies)
    busy = {job.application_id for job in services.issuing.jobs.in_state(OrderState.OPEN)}
    found = services.issuing.queue.applications(asked, limit=_MOST)
    return [one for one in found if one.id not in busy and not _has_card(services, one.id)]


def _has_card(services: ConsoleServices, application_id: str) -> bool:
    cards = services.issuing.queue.cards_of_application(application_id)
    return bool(cards) and cards[-1].state not in desk_jobs.NEEDS_A_JOB
