"""What the page is told: the screen as it stands, whole, so that a reload shows the truth.

The page knows how a kind of screen looks and nothing else; every word comes from here.
"""

from __future__ import annotations

from typing import Any

from cardsvc.errors import ReasonCode
from reader_agent.kiosk import texts
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.config import KioskConfig
from reader_agent.kiosk.machine import tasks_of
from reader_agent.kiosk.troubles import can_try_again, trouble_text
from reader_agent.kiosk.words import Words

Document = dict[str, Any]

PHOTO_NEEDED = "photo_needed"
"""Code of a result that waits for the officer."""
_LENGTHS = {v.Ask.PERSONAL_NUMBER: (12, 12), v.Ask.BIRTH_DATE: (8, 8)}
_PIN_LENGTH = (6, 8)
_SECRET = frozenset({v.Ask.PIN, v.Ask.CURRENT_PIN, v.Ask.CODE, v.Ask.NEW_PIN, v.Ask.REPEAT_PIN})


def page_words(config: KioskConfig) -> Document:
    """Return what stands on the page all the time."""
    return {
        "name": config.name.document(),
        "sound": config.sound,
        "words": {
            "erase": texts.ERASE.document(),
            "confirm": texts.CONFIRM.document(),
            "more_time": texts.MORE_TIME.document(),
            "time_runs_out": texts.TIME_RUNS_OUT.document(),
        },
    }


def screen_document(config: KioskConfig, visit: v.Visit, now: float) -> Document:
    """Return the screen of a visit.

    Args:
        config: how the kiosk is set up.
        visit: where it stands.
        now: seconds of the monotonic clock.
    """
    document: Document = {
        "step": visit.step,
        "english": visit.english,
        "card": visit.card,
        "task": _words(_title_of(visit.task)),
        "banner": _words(_banner(visit)),
        "ends_in": None if visit.deadline is None else max(0.0, visit.deadline - now),
    }
    return document | _of_screen(config, visit)


def _of_screen(config: KioskConfig, visit: v.Visit) -> Document:
    match visit.screen:
        case v.Menu():
            return _menu(config, visit)
        case v.PlaceCard():
            return _plain("place", texts.PLACE_CARD, texts.KEEP_CARD, "back", "help")
        case v.Reading() | v.PinAtReader() as at_work:
            return _at_work(visit, at_work)
        case v.Pad() as pad:
            return _pad(config, visit, pad)
        case v.Result() as result:
            return _result(visit, result) | {"portrait": _portrait(config, visit)}
        case v.TakeCard():
            return _plain("take", texts.TAKE_CARD, texts.DO_NOT_FORGET, sound="remove")
        case v.Trouble(reason):
            return _trouble(visit, reason)
        case v.Helping():
            return _plain("help", texts.HELP_TITLE, texts.HELP_TEXT, "back", sound="card")
        case v.OutOfService():
            shown = _plain("out", texts.OUT_OF_SERVICE, texts.OUT_OF_SERVICE_TEXT, "help")
            return shown | {"tiles": _tiles(config, with_card=False)}


def _plain(kind: str, title: Words, text: Words, *buttons: str, sound: str = "") -> Document:
    return {
        "kind": kind,
        "title": title.document(),
        "text": text.document(),
        "buttons": [_button(one) for one in buttons],
        "sound": sound,
    }


def _at_work(visit: v.Visit, screen: v.AtWork) -> Document:
    if isinstance(screen, v.PinAtReader):
        asked, how = texts.TYPE_AT_READER, texts.KEYS_AT_READER
        shown = _plain("typing", asked, how, "back", "help", sound="card")
        return shown | _tries(screen.tries_left) | {"consent": _consent(visit)}
    return _plain("reading", texts.KEEP_CARD, texts.STAGES[screen.stage]) | {
        "stages": [texts.STAGES[one].document() for one in v.Stage],
        "stage": list(v.Stage).index(screen.stage),
    }


def _button(action: str) -> Document:
    words = {
        "back": texts.BACK,
        "again": texts.TRY_AGAIN,
        "finish": texts.FINISH,
        "help": texts.HELP,
    }[action]
    return {"action": action, "words": words.document()}


def _menu(config: KioskConfig, visit: v.Visit) -> Document:
    text = texts.CARD_SEEN if visit.card else texts.OR_PLACE_CARD
    title = texts.CHOOSE if visit.card else texts.GREETING
    sound = "card" if visit.card else ""
    if config.led:
        return _plain("menu", texts.GREETING, texts.FOLLOW_OFFICER, sound=sound) | {"tiles": []}
    shown = _plain("menu", title, text, "help", sound=sound)
    return shown | {"tiles": _tiles(config, with_card=True)}


def _tiles(config: KioskConfig, *, with_card: bool) -> list[Document]:
    return [
        {"number": number, "kind": task.kind.value, "words": _words(_title_of(task))}
        for number, task in enumerate(tasks_of(config))
        if with_card or not task.needs_card
    ]


def _pad(config: KioskConfig, visit: v.Visit, pad: v.Pad) -> Document:
    least, most = _LENGTHS.get(pad.ask, _PIN_LENGTH)
    secret = pad.ask in _SECRET
    shown = _plain("pad", texts.ASKED[pad.ask], texts.HINTS[pad.ask], "back", "help")
    complaint = None
    if pad.complaint is not None:
        complaint = texts.complaint(pad.ask, pad.complaint, pad.tries_left)
    shown["sound"] = "bad" if complaint else "card"
    return (
        shown
        | _tries(pad.tries_left, said=complaint is not None)
        | {
            "least": least,
            "most": most,
            "mask": "all" if secret else "number" if most == 12 else "none",
            "shuffle": secret and config.shuffle_pin_pad,
            "complaint": _words(complaint),
            "consent": _consent(visit),
        }
    )


def _tries(left: int | None, *, said: bool = False) -> Document:
    return {
        "tries": _words(None if left is None or said else texts.tries(left)),
        "warning": _words(texts.LAST_TRY if left == 1 else None),
    }


def _consent(visit: v.Visit) -> Document | None:
    return _words(None if visit.consent is None else visit.consent.text)


def _result(visit: v.Visit, result: v.Result) -> Document:
    title = texts.DONE_GOOD if result.good else texts.DONE_REFUSED
    if result.good and visit.task is not None:
        title = texts.DONE_KINDS.get(visit.task.kind, title)
    if result.code == PHOTO_NEEDED:
        title = texts.CARD_AND_PIN
    shown = _plain("result", title, result.text, "finish", sound="good" if result.good else "bad")
    if not result.good:
        shown["buttons"].append(_button("help"))
    return shown | {
        "good": result.good,
        "code": result.code,
        "name": result.name,
        "offline": _words(texts.OFFLINE if result.offline else None),
        "checks": None if result.checks is None else [_check(one) for one in result.checks],
        "take": _words(texts.TAKE_CARD if visit.card else None),
    }


def shown_portrait(config: KioskConfig, visit: v.Visit) -> str | None:
    """Return the name of the photo that stands on the page; None where none does.

    It goes with the card. A screen that an officer leads shows none: the officer has it.
    """
    screen = visit.screen
    if config.led or not visit.card or not isinstance(screen, v.Result) or not screen.good:
        return None
    return screen.portrait


def _portrait(config: KioskConfig, visit: v.Visit) -> Document | None:
    if shown_portrait(config, visit) is None:
        return None
    return {"address": f"v1/portrait/{visit.step}", "words": texts.PORTRAIT.document()}


def _check(line: v.CheckLine) -> Document:
    return {
        "at": line.at,
        "partner": line.partner,
        "service": line.service.document(),
        "granted": line.granted,
    }


def _trouble(visit: v.Visit, reason: ReasonCode) -> Document:
    text = trouble_text(reason)
    again = can_try_again(reason) and visit.task is not None and visit.task.needs_card
    buttons = ("again", "back", "help") if again else ("back", "help")
    shown = _plain("trouble", text.title, text.advice, *buttons, sound="bad")
    return shown | {"part": text.part.value, "code": reason.value}


def _title_of(task: v.Task | None) -> Words | None:
    if task is None:
        return None
    return task.service.title if task.service is not None else texts.KINDS[task.kind]


def _banner(visit: v.Visit) -> Words | None:
    if visit.online:
        return None
    return texts.OFFLINE if visit.offline else texts.NO_NETWORK


def _words(words: Words | None) -> dict[str, str] | None:
    return None if words is None else words.document()
