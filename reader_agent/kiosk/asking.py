"""What is asked at the pad, one thing after the other, and what becomes of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from cardsvc.errors import CardError, Malformed, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.pin_rules import PinRules, require_strong_pin

_DIGITS = frozenset("0123456789")
_FIRST = {
    v.Kind.SERVICE: v.Ask.PIN,
    v.Kind.CHANGE_PIN: v.Ask.CURRENT_PIN,
    v.Kind.ACTIVATE: v.Ask.CODE,
    v.Kind.OWN_CHECKS: v.Ask.PIN,
    v.Kind.REPORT_LOSS: v.Ask.PERSONAL_NUMBER,
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What follows an answer.

    Args:
        screen: the next.
        typed: the answers so far.
        work: what can be done now, with all that was asked for.
    """

    screen: v.Screen
    typed: tuple[str, ...] = field(default=(), repr=False)
    work: i.Work | None = None


def first_question(task: v.Task) -> v.Pad:
    """Return the first thing that a task asks for."""
    return v.Pad(v.Ask.PIN if task.pin_set else _FIRST[task.kind])


def answer(
    task: v.Task, pad: v.Pad, typed: tuple[str, ...], text: str, rules: PinRules
) -> Answered:
    """Take an answer.

    Args:
        task: what it is for.
        pad: what was asked.
        typed: the answers before.
        text: what was typed; anything.
        rules: what is asked of a new PIN.
    """
    match pad.ask:
        case v.Ask.PERSONAL_NUMBER:
            return _personal_number(pad, text)
        case v.Ask.BIRTH_DATE:
            return _birth_date(pad, typed, text)
        case v.Ask.NEW_PIN:
            return _new_pin(pad, typed, text, rules)
        case v.Ask.REPEAT_PIN:
            return _repeated(task, typed, text)
        case _:
            return _known_secret(task, pad, text)


def _known_secret(task: v.Task, pad: v.Pad, text: str) -> Answered:
    """A PIN or code that the card knows: what can't be one costs no try."""
    if not 6 <= len(text) <= 8 or not set(text) <= _DIGITS:
        return Answered(replace(pad, complaint=ReasonCode.PIN_FORMAT))
    if pad.ask is not v.Ask.PIN:
        return Answered(v.Pad(v.Ask.NEW_PIN), (text,))
    return Answered(v.Reading(v.Stage.CHECK), work=with_pin(task, text))


def with_pin(task: v.Task, pin: str | None) -> i.Tap | i.Activate | i.AskOwnChecks:
    """Return what is done once the card's PIN is there; None where it is typed at the reader."""
    if task.kind is v.Kind.ACTIVATE:
        return i.Activate(None, pin)
    return i.AskOwnChecks(pin) if task.kind is v.Kind.OWN_CHECKS else i.Tap(task, pin)


def _new_pin(pad: v.Pad, typed: tuple[str, ...], text: str, rules: PinRules) -> Answered:
    try:
        require_strong_pin(text, rules, code=typed[0])
    except CardError as error:
        return Answered(replace(pad, complaint=error.reason), typed)
    return Answered(v.Pad(v.Ask.REPEAT_PIN), (*typed, text))


def _repeated(task: v.Task, typed: tuple[str, ...], text: str) -> Answered:
    old, new = typed
    if text != new:
        return Answered(v.Pad(v.Ask.NEW_PIN, complaint=ReasonCode.PIN_WRONG), (old,))
    changes = task.kind is v.Kind.CHANGE_PIN
    work: i.Work = i.ChangePin(old, new) if changes else i.Activate(old, new)
    return Answered(v.Reading(v.Stage.CHECK), work=work)


def _personal_number(pad: v.Pad, text: str) -> Answered:
    try:
        number = PersonalNumber.parse(text)
    except Malformed:
        return Answered(replace(pad, complaint=ReasonCode.MALFORMED_PERSONAL_NUMBER))
    return Answered(v.Pad(v.Ask.BIRTH_DATE), (number.value,))


def _birth_date(pad: v.Pad, typed: tuple[str, ...], text: str) -> Answered:
    """Day, month and year as eight digits, as they stand on an ID card."""
    again = Answered(replace(pad, complaint=ReasonCode.MALFORMED_DATE), typed)
    if len(text) != 8 or not set(text) <= _DIGITS:
        return again
    try:
        born = date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return again
    return Answered(v.Reading(v.Stage.NETWORK), work=i.ReportLoss(typed[0], born))
