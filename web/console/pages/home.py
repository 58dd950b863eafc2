"""The overview: figures of the operator's agencies, what waits, how the readers are."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from web.console.access import everyone_signed_in
from web.console.formats import day
from web.console.languages import Text
from web.console.registry_texts import CARD_TYPES
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant
from web.oversight.figures import Overview, overview_of, reader_health

_PERIODS = (30, 90)
_MOST_AGENCIES = 12
_NO_AGENCY = Text("Không thuộc cơ quan nào", "No agency")
_OTHERS = Text("Cơ quan khác", "Other agencies")


def pages(services: ConsoleServices) -> Blueprint:
    """Return the overview."""
    views = Blueprint("home", __name__)
    oversight = services.oversight

    @views.get("")
    @everyone_signed_in()
    def home() -> str:
        at = request_instant(services)
        days = 90 if request.args.get("days") == "90" else _PERIODS[0]
        figures = overview_of(oversight.figures(at), present_operator(), days)
        return render_template(
            "home/home.html",
            figures=figures,
            states=[
                (state_text(state), figures.by_state[state])
                for state in CardState
                if figures.by_state.get(state)
            ],
            types=[(CARD_TYPES[kind], figures.by_type.get(kind, 0)) for kind in CardType],
            agencies=_largest(figures),
            issued=[(day(date), cards) for date, cards in figures.issued],
            days=days,
            periods=_PERIODS,
            health=reader_health(oversight.presence(), at),
            at=at,
        )

    return views


def _largest(figures: Overview) -> list[tuple[object, int]]:
    """Return the agencies with most cards, and the others as one."""
    rows: list[tuple[object, int]] = [
        (agency or _NO_AGENCY, cards) for agency, cards in figures.by_agency[:_MOST_AGENCIES]
    ]
    others = sum(cards for _, cards in figures.by_agency[_MOST_AGENCIES:])
    return [*rows, (_OTHERS, others)] if others else rows
