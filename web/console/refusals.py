"""What an operator reads where a use case refused: why, and who was faster."""

from __future__ import annotations

from flask import redirect
from werkzeug.wrappers import Response

from cardsvc.errors import CardsvcError, ReasonCode
from web.console.audit_texts import action_text
from web.console.formats import instant
from web.console.issuing_texts import refusal
from web.console.languages import Text
from web.console.notices import notice
from web.console.services import ConsoleServices
from web.console.visitor import present_operator

_SEE_OTHER = 303
_OVERTAKEN = frozenset({ReasonCode.ILLEGAL_TRANSITION, ReasonCode.CONCURRENT_CHANGE})


def last_deed(services: ConsoleServices, subject: str) -> Text | None:
    """Return what was done to a record last, by whom and when; None where nothing was."""
    seen = services.issuing.log.events(subject=subject, limit=1)
    if not seen:
        return None
    event = seen[0].event
    done, at = action_text(event.action), instant(event.at)
    mine = event.actor == present_operator().id
    vi, en = ("bạn", "you") if mine else (event.actor, event.actor)
    return Text(f"Việc gần nhất: {done.vi} – {vi}, {at}.", f"Last: {done.en} – {en}, {at}.")


def explained(services: ConsoleServices, error: CardsvcError, subject: str) -> Text:
    """Return why something was refused; where somebody was faster, who it was."""
    why = refusal(error.reason)
    last = last_deed(services, subject) if error.reason in _OVERTAKEN else None
    return why if last is None else Text(f"{why.vi} {last.vi}", f"{why.en} {last.en}")


def led_back(services: ConsoleServices, error: CardsvcError, subject: str, to: str) -> Response:
    """Lead to a record's page, which shows its present state, and say why nothing was done."""
    notice(explained(services, error, subject), good=False)
    return redirect(to, _SEE_OTHER)


def done(text: Text, to: str) -> Response:
    """Lead to a page that says what was done."""
    notice(text)
    return redirect(to, _SEE_OTHER)
