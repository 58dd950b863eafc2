"""Changes to many cards at once: planned, looked at card by card, then run or given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import ALL_AGENCIES, Operator, Role
from cardsvc.batch_records import Batch, BatchAction, BatchKind, BatchStep, Exclusion, StepState
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, Malformed
from issuance.batches.plan import cancel_batch, plan_batch
from issuance.batches.run import begin_batch
from web.console.access import needs
from web.console.audit_texts import action_text
from web.console.batch_form import MOVES, read_batch
from web.console.batch_texts import ACTIONS, EXCLUSIONS, FOLLOWS, KINDS, STEPS
from web.console.exports import add_exports, exports_of
from web.console.forms import Form, FormReader
from web.console.issuing_texts import refusal
from web.console.languages import Text
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.queue_filter import one_of
from web.console.refusals import done, led_back
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_READERS = (Role.CLERK, Role.APPROVER, Role.AUDITOR)
_PLANNERS = (Role.CLERK, Role.APPROVER)
_FORM_OCTETS = 256 * 1024
_SEE_OTHER = 303
_MOST_EXPORTED = 100_000
_ASKS_FOR_CARDS = frozenset({Role.CLERK})
_RUNNERS: Mapping[BatchKind, frozenset[Role]] = {
    **dict.fromkeys(MOVES, _ASKS_FOR_CARDS),
    BatchKind.RETIREMENT: frozenset({Role.APPROVER}),
    BatchKind.LEAVING: frozenset({Role.APPROVER}),
    BatchKind.LEAVE: frozenset({Role.CLERK, Role.APPROVER}),
}
"""Who may do as much to one card may do it to many."""
_COLUMNS = (
    Column(Text("Việc xảy ra", "What happened")),
    Column(Text("Trạng thái", "State")),
    Column(Text("Người lập", "Planned by")),
    Column(Text("Thời điểm", "When")),
)
_CARDS = (
    Column(Text("Chủ thẻ", "Holder")),
    Column(Text("Việc làm", "What is done")),
    Column(Text("Kết quả", "Result")),
    Column(Text("Lý do", "Why")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of changes to many cards."""
    views = Blueprint("batches", __name__, url_prefix="/batches")
    _planning_pages(views, services)
    _reading_pages(views, services)
    _running_pages(views, services)
    return views


def _planning_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(*_PLANNERS)
    def new() -> str:
        return _form(Form.of({"whom": "agency"} | request.args.to_dict()))

    @views.post("/new")
    @needs(*_PLANNERS, body_octets=_FORM_OCTETS)
    def plan() -> Response:
        form = FormReader(request.form)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            asked = read_batch(form, services)
            if asked is None:
                return Response(_form(form), 422, mimetype="text/html")
            batch_id = services.issuing.new_id()
            plan_batch(
                services.issuing.batch_store, batch_id=batch_id, order=asked.order,
                selection=asked.selection, operator=by, at=at,
            )  # fmt: skip
            return redirect(url_for("console.batches.show", batch_id=batch_id), _SEE_OTHER)

        return once(services, act)


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*_READERS)
    def listing() -> str:
        rows, last = _page_of_batches(services)
        table = Table(
            Text("Các kế hoạch, mới nhất ở trên", "Plans, the latest first"),
            _COLUMNS,
            rows,
            Text("Chưa có kế hoạch nào.", "There are none yet."),
            next_cursor=encode_cursor(last.id) if last else "",
        )
        may_plan = bool(present_operator().roles & set(_PLANNERS))
        return render_template("batches/listing.html", table=table, kinds=KINDS, may_plan=may_plan)

    @views.get("/<batch_id>")
    @needs(*_READERS)
    def show(batch_id: str) -> str:
        batch, issuing = _find(services, batch_id), services.issuing
        counted = issuing.batches.counts(batch.id)
        action = one_of(BatchAction, request.args.get("action", ""))
        steps = _steps(services, batch, after=_after(), limit=PAGE_ROWS + 1)
        shown = steps[:PAGE_ROWS]
        table = Table(
            Text("Từng thẻ", "Card by card"),
            _CARDS,
            [(step, issuing.queue.holder(step.holder_id), _why(step)) for step in shown],
            Text("Không có thẻ nào.", "There are no cards."),
            next_cursor=encode_cursor(str(shown[-1].guid)) if len(steps) > PAGE_ROWS else "",
            exports=exports_of("batches"),
        )
        return render_template(
            "batches/show.html", batch=batch, kind=KINDS[batch.order.kind],
            follows=FOLLOWS[batch.order.kind], table=table, actions=ACTIONS, steps=STEPS,
            figures=_figures(counted), excluded=_excluded(counted), action=action,
            settled=sum(count for (_, _, state), count in counted.items()
                        if state is not StepState.PLANNED),
            cards=sum(counted.values()),
            may_run=bool(present_operator().roles & _RUNNERS[batch.order.kind]),
            may_cancel=bool(present_operator().roles & set(_PLANNERS)),
            is_grave=batch.order.kind in {BatchKind.RETIREMENT, BatchKind.LEAVING},
            events=[(one.event.at, action_text(one.event.action), one.event.actor, "")
                    for one in issuing.log.events(subject=batch.id, limit=50)],
        )  # fmt: skip

    def lines(batch_id: str) -> Iterator[tuple[str, ...]]:
        batch = _find(services, batch_id)
        for step in _steps(services, batch, after=None, limit=_MOST_EXPORTED):
            holder = services.issuing.queue.holder(step.holder_id)
            name, result = holder.name.value if holder else "", STEPS[step.state][0]
            yield name, str(ACTIONS[step.action]), str(result), str(_why(step))

    add_exports(views, "batch", _READERS, _CARDS, lines, path="/<batch_id>")


def _steps(
    services: ConsoleServices, batch: Batch, *, after: CardGuid | None, limit: int
) -> Sequence[BatchStep]:
    state = one_of(StepState, request.args.get("state", ""))
    action = one_of(BatchAction, request.args.get("action", ""))
    return services.issuing.batches.steps(
        batch.id, action=action, state=state, after=after, limit=limit
    )


def _running_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.post("/<batch_id>/run")
    @needs(*_PLANNERS, grave=True)
    def run(batch_id: str) -> Response:
        batch, to = _find(services, batch_id), _page_of(batch_id)
        if not present_operator().roles & _RUNNERS[batch.order.kind]:
            abort(403)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            try:
                begin_batch(services.issuing.batch_store, batch.id, operator=by, at=at)
            except IssuanceError as error:
                return led_back(services, error, batch.id, to)
            services.issuing.batch_runner.submit(batch.id, by)
            return done(Text("Đang thực hiện kế hoạch", "The plan is being carried out"), to)

        return once(services, act)

    @views.post("/<batch_id>/cancel")
    @needs(*_PLANNERS)
    def cancel(batch_id: str) -> Response:
        batch, to = _find(services, batch_id), _page_of(batch_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            try:
                cancel_batch(services.issuing.batch_store, batch.id, operator=by, at=at)
            except IssuanceError as error:
                return led_back(services, error, batch.id, to)
            return done(Text("Đã hủy kế hoạch", "The plan was given up"), to)

        return once(services, act)


def _form(form: Form) -> str:
    kinds = [(kind.value, Text(f"{text.vi}: {FOLLOWS[kind].vi}", f"{text.en}: {FOLLOWS[kind].en}"))
             for kind, text in KINDS.items()]  # fmt: skip
    return render_template("batches/new.html", form=form, kinds=kinds)


def _page_of(batch_id: str) -> str:
    return url_for("console.batches.show", batch_id=batch_id)


def _find(services: ConsoleServices, batch_id: str) -> Batch:
    batch = services.issuing.batches.batch(batch_id)
    if batch is None or batch.id not in _covered(services, [batch], present_operator()):
        abort(404)
    return batch


def _covered(services: ConsoleServices, found: list[Batch], operator: Operator) -> set[str]:
    """Return those that touch nobody outside an operator's scope."""
    if ALL_AGENCIES in operator.agencies:
        return {batch.id for batch in found}
    agencies = services.issuing.batches.agencies([batch.id for batch in found])
    return {
        batch.id
        for batch in found
        if all(operator.covers(code) for code in agencies.get(batch.id, ()))
        and (batch.id in agencies or batch.planned_by == operator.id)
    }


def _page_of_batches(services: ConsoleServices) -> tuple[list[Batch], Batch | None]:
    cursor, lists = read_cursor(1), services.issuing.batches
    after = None if cursor is None else lists.batch(cursor[0])
    found = list(lists.batches(after=after, limit=PAGE_ROWS + 1))
    page = found[:PAGE_ROWS]
    covered = _covered(services, page, present_operator())
    rows = [batch for batch in page if batch.id in covered]
    return rows, page[-1] if len(found) > PAGE_ROWS else None


def _after() -> CardGuid | None:
    cursor = read_cursor(1)
    try:
        return None if cursor is None else CardGuid.parse(cursor[0])
    except Malformed:
        return None


def _why(step: BatchStep) -> Text | str:
    if step.exclusion is not None:
        return EXCLUSIONS[step.exclusion]
    return "" if step.reason is None else refusal(step.reason)


def _figures(
    counted: Mapping[tuple[BatchAction, Exclusion | None, StepState], int],
) -> Mapping[BatchAction, int]:
    figures: Counter[BatchAction] = Counter()
    for (action, _, _), count in counted.items():
        figures[action] += count
    return {action: figures[action] for action in BatchAction if figures[action]}


def _excluded(
    counted: Mapping[tuple[BatchAction, Exclusion | None, StepState], int],
) -> Mapping[Text, int]:
    return {
        EXCLUSIONS[why]: count
        for (_, why, _), count in sorted(counted.items(), key=lambda one: -one[1])
        if why is not None
    }
