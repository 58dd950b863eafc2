"""What a list is asked for: the filters in an address, read within the operator's scope."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from flask import request

from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState
from cardsvc.queue_records import ApplicationFilter
from cardsvc.terms import ApplicationKind, CardType
from web.console.forms import Form
from web.console.visitor import present_operator

_Word = TypeVar("_Word", bound=StrEnum)


def one_of(vocabulary: type[_Word], text: str) -> _Word | None:
    """Return the word of a vocabulary, None where it is none of it."""
    return next((one for one in vocabulary if one.value == text), None)


def read_agency(form: Form) -> str:
    """Return the agency that a list is narrowed to, "" for none; a fault is noted in the form."""
    typed = form.value("agency")
    if not typed:
        return ""
    try:
        return AgencyCode.parse(typed).value
    except Malformed:
        form.refuse(
            "agency",
            "Nhập mã định danh cơ quan, ví dụ H57.12",
            "Enter an agency code such as H57.12",
        )
        return ""


def read_filter() -> tuple[ApplicationFilter, Form]:
    """Return what the queue is asked for; without a question, what waits for approval."""
    given = request.args
    form = Form.of(
        {
            "state": given.get("state", ApplicationState.REQUESTED.value),
            "kind": given.get("kind", ""),
            "card_type": given.get("card_type", ""),
            "agency": given.get("agency", "").strip(),
            "requested_by": given.get("requested_by", "").strip(),
        }
    )
    asked = ApplicationFilter(
        state=one_of(ApplicationState, form.value("state")),
        kind=one_of(ApplicationKind, form.value("kind")),
        card_type=one_of(CardType, form.value("card_type")),
        requested_by=form.value("requested_by"),
        agency=read_agency(form),
        scope=present_operator().agencies,
    )
    return asked, form
