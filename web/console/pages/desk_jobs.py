"""One job of a desk as it runs: asked for every second, answered only where something changed.

A stream of events would hold one of the server's few threads per open page; a question that is
answered 304 (RFC 9110 section 15.4.5) holds none. Without script the page loads itself again.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.desk_advice import advice_for
from cardsvc.desk_records import JobKind, JobProgress, JobStage
from cardsvc.errors import IssuanceError
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, Holder
from issuance.job_records import GIVEN_UP, UNFINISHED
from issuance.orders import OrderState, cancel_order, spoil_order
from web.console.access import needs
from web.console.issuing_texts import JOB_KINDS, JOB_STAGES
from web.console.languages import Text, present_language
from web.console.once import once
from web.console.refusals import done, led_back
from web.console.scopes_of_cards import find_application, is_covered
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

NEEDS_A_JOB = frozenset({*UNFINISHED, *GIVEN_UP})
_VIEWERS = (Role.ISSUER, Role.APPROVER)


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job as its page shows it.

    Args:
        progress: how it stands.
        holder: for whom.
        card: the card that it makes or is about; None before there is one.
        advice: what to do next.
        stage: what the stage is called.
        kind: what is done.
    """

    progress: JobProgress
    holder: Holder
    card: CardRecord | None
    advice: Text
    stage: Text
    kind: Text

    @property
    def may_hand_over(self) -> bool:
        """Tell whether the card is finished and still here."""
        return self.card is not None and self.card.state is CardState.PERSONALISED


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the page of a job, its live part, and what ends it."""

    @views.get("/jobs/<job_id>")
    @needs(*_VIEWERS)
    def job(job_id: str) -> str:
        return render_template("desk/job.html", shown=_find(services, job_id), may_end=_may_end())

    @views.get("/jobs/<job_id>/live")
    @needs(*_VIEWERS)
    def live(job_id: str) -> Response:
        shown = _find(services, job_id)
        response = make_response(
            render_template("desk/_live.html", shown=shown, may_end=_may_end())
        )
        response.set_etag(f"{shown.progress.change}-{present_language().value}")
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["X-Job-Over"] = "yes" if shown.progress.stage.is_over else "no"
        return response.make_conditional(request)

    @views.post("/jobs/<job_id>/cancel")
    @needs(Role.ISSUER)
    def cancel(job_id: str) -> Response:
        one = _find(services, job_id).progress
        to, at = url_for("console.desk.job", job_id=one.job_id), request_instant(services)

        def act() -> Response:
            try:
                cancel_order(services.issuing.jobs, one.job_id, at)
            except IssuanceError as error:
                return led_back(services, error, one.application_id, to)
            return done(Text("Đã hủy lệnh", "The order was taken back"), to)

        return once(services, act)

    @views.post("/jobs/<job_id>/spoil")
    @needs(Role.ISSUER)
    def spoil(job_id: str) -> Response:
        one = _find(services, job_id).progress
        to, at = url_for("console.desk.job", job_id=one.job_id), request_instant(services)

        def act() -> Response:
            try:
                spoil_order(
                    services.issuing.store, services.issuing.jobs, one.job_id,
                    operator=present_operator().id, at=at,
                )  # fmt: skip
            except IssuanceError as error:
                return led_back(services, error, one.application_id, to)
            return done(Text("Đã hủy phôi; để riêng phôi hỏng", "The blank was spoiled"), to)

        return once(services, act)


def open_jobs(services: ConsoleServices) -> list[ShownJob]:
    """Return the jobs that are not over, in the operator's scope."""
    found = []
    for job in services.issuing.jobs.in_state(OrderState.OPEN):
        progress = services.issuing.board.progress(job.id)
        application = services.issuing.queue.application(job.application_id)
        if progress and application and is_covered(application.holder):
            found.append(_shown(services, progress, application.holder))
    return found


def _may_end() -> bool:
    return Role.ISSUER in present_operator().roles


def _find(services: ConsoleServices, job_id: str) -> ShownJob:
    progress = services.issuing.board.progress(job_id)
    if progress is None:
        abort(404)
    holder = find_application(services, progress.application_id).holder
    return _shown(services, progress, holder)


def _shown(services: ConsoleServices, progress: JobProgress, holder: Holder) -> ShownJob:
    said = advice_for(progress.stage, progress.reason)
    card = None
    if progress.guid is not None:
        card = services.issuing.queue.card(progress.guid)
    elif progress.stage is not JobStage.WAITING_AGENT:
        cards = services.issuing.queue.cards_of_application(progress.application_id)
        card = cards[-1] if cards and progress.kind is JobKind.PERSONALISE else None
    return ShownJob(
        progress, holder, card, Text(said.vi, said.en), JOB_STAGES[progress.stage],
        JOB_KINDS[progress.kind],
    )  # fmt: skip
