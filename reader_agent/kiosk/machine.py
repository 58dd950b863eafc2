"""The kiosk's rules: from where a visit stands and what happened, to what is shown next.

Pure: no clock, no card, no network; whoever drives it passes the monotonic seconds in and carries
out what it wishes. Every input is taken in every state; what does not fit changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.asking import Answered, answer, first_question, with_pin
from reader_agent.kiosk.config import KioskConfig, Timeouts
from reader_agent.kiosk.troubles import can_try_again
from reader_agent.kiosk.visit import Visit
from reader_agent.pin_rules import PinRules

Next = tuple[Visit, tuple[i.Wish, ...]]

_PIN_REASONS = frozenset({ReasonCode.PIN_WRONG, ReasonCode.PIN_FORMAT, ReasonCode.PIN_WEAK})
"""What is asked again at once, while the card lies where it is."""
_CARD_FAULTS = frozenset({ReasonCode.CARD_SILENT, ReasonCode.SEVERAL_CARDS})
_LEAVES_ANSWERING = frozenset({ReasonCode.NO_READER, ReasonCode.SERVICE_UNAVAILABLE})


class KioskMachine:
    """Leads visits.

    Args:
        config: how the kiosk is set up.
        rules: what is asked of a PIN.
        timeouts: how long screens stay.
    """

    def __init__(
        self,
        config: KioskConfig,
        rules: PinRules | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._config = config
        self._rules = rules or PinRules()
        self._timeouts = timeouts or Timeouts()

    def next(self, visit: Visit, happened: i.Input, now: float) -> Next:
        """Return how the visit goes on, and what is to be done for it.

        Args:
            visit: where it stands.
            happened: what it is told.
            now: seconds of the monotonic clock.
        """
        after, wishes = self._taken(visit, happened, now)
        if isinstance(after.screen, v.AtWork) and isinstance(visit.screen, v.AtWork):
            # further on with the same work: its answer is still awaited
            if type(after.screen) is not type(visit.screen):
                after = replace(after, deadline=self._deadline(after, now))
            return after, wishes
        if after.screen != visit.screen:
            after = replace(after, step=visit.step + 1)
            after = replace(after, deadline=self._deadline(after, now))
        elif isinstance(happened, i.Touched | i.LanguageChosen) or after.card != visit.card:
            after = replace(after, deadline=self._deadline(after, now))
        return after, wishes

    def _taken(self, visit: Visit, happened: i.Input, now: float) -> Next:
        match happened:
            case i.CardPut(fault):
                return self._card_put(visit, fault)
            case i.CardTaken():
                return self._card_taken(visit), ()
            case i.ReaderChanged(there):
                return self._reader_changed(visit, there=there), ()
            case i.NetworkChanged(online):
                return replace(visit, online=online), ()
            case i.TimePassed():
                return self._time_passed(visit, now), ()
            case i.Looked() | i.PinAwaited() | i.Progressed() | i.Done() | i.Failed():
                return self._of_work(visit, happened)
            case _:
                return self._of_person(visit, happened)

    def _of_person(self, visit: Visit, wanted: i.OfPerson) -> Next:
        match wanted:
            case i.Chosen(task):
                return self._chosen(visit, task)
            case i.Typed(text):
                return self._typed(visit, text)
            case i.TryAgain():
                return self._again(visit)
            case i.HelpWanted():
                return self._help(visit)
            case i.StartOver():
                return _home(visit), ()
            case i.LanguageChosen(english):
                return replace(visit, english=english), ()
            case i.Touched():
                return visit, ()

    def _card_put(self, visit: Visit, fault: ReasonCode | None) -> Next:
        visit = replace(visit, card=True)
        screen, task = visit.screen, visit.task
        if fault is not None:
            shows = isinstance(screen, v.Menu | v.PlaceCard | v.Trouble)
            return (replace(visit, screen=v.Trouble(fault), typed=()) if shows else visit), ()
        match screen:
            case v.PlaceCard() if task is not None:
                return self._begin(visit, task)
            case v.Trouble(reason) if task is not None and can_try_again(reason):
                return self._begin(visit, task)
            case v.Trouble(reason) if reason in _CARD_FAULTS:
                return replace(_home(visit), screen=v.Menu()), ()
            case v.Result():
                return replace(_home(visit), screen=v.Menu()), ()
            case v.Menu() if (only := self._only_task()) is not None:
                return self._begin(visit, only)
            case _:
                return visit, ()

    def _card_taken(self, visit: Visit) -> Visit:
        visit = replace(visit, card=False)
        match visit.screen:
            case v.TakeCard():
                return _home(visit)
            case v.Pad() | v.PinAtReader() if visit.task is not None and visit.task.needs_card:
                return replace(visit, screen=v.Trouble(ReasonCode.CARD_REMOVED), typed=())
            case _:
                return visit

    def _reader_changed(self, visit: Visit, *, there: bool) -> Visit:
        visit = replace(visit, reader=there, card=visit.card and there)
        at_card = visit.task is not None and visit.task.needs_card
        match visit.screen:
            case v.OutOfService() if there:
                return _home(visit)
            case v.Menu() | v.PlaceCard() | v.TakeCard() if not there:
                return _home(visit)
            case v.Pad() | v.PinAtReader() | v.Trouble(ReasonCode.CARD_REMOVED) if (
                not there and at_card
            ):
                return replace(visit, screen=v.Trouble(ReasonCode.NO_READER), typed=())
            case v.Trouble(reason) if there and reason in _LEAVES_ANSWERING and visit.task:
                return replace(visit, screen=v.PlaceCard())
            case _:
                return visit

    def _chosen(self, visit: Visit, task: v.Task) -> Next:
        if self._config.led:
            return self._ordered(visit, task)
        if not isinstance(visit.screen, v.Menu | v.OutOfService) or not self._offers(task):
            return visit, ()
        if not task.needs_card:
            return replace(visit, screen=first_question(task), task=task, typed=()), ()
        if isinstance(visit.screen, v.OutOfService):
            return visit, ()
        if not visit.card:
            return replace(visit, screen=v.PlaceCard(), task=task, typed=()), ()
        return self._begin(visit, task)

    def _ordered(self, visit: Visit, task: v.Task) -> Next:
        """Do what the counter asks for, whatever is on the screen but a card at work."""
        if isinstance(visit.screen, v.AtWork | v.OutOfService):
            return visit, ()
        if visit.card:
            return self._begin(visit, task)
        return replace(visit, screen=v.PlaceCard(), task=task, typed=(), consent=None), ()

    def _begin(self, visit: Visit, task: v.Task) -> Next:
        visit = replace(visit, screen=v.Reading(), task=task, typed=(), consent=None, pin_pad=False)
        service = task.service
        if service is not None and service.level < AssuranceLevel.X2:
            return visit, (i.Tap(task),)
        return visit, (i.Look(task),)

    def _again(self, visit: Visit) -> Next:
        if not isinstance(visit.screen, v.Trouble) or visit.task is None:
            return visit, ()
        if not visit.task.needs_card or not can_try_again(visit.screen.reason):
            return visit, ()
        if visit.card:
            return self._begin(visit, visit.task)
        return replace(visit, screen=v.PlaceCard()), ()

    def _typed(self, visit: Visit, text: str) -> Next:
        if not isinstance(visit.screen, v.Pad) or visit.task is None:
            return visit, ()
        answered: Answered = answer(visit.task, visit.screen, visit.typed, text, self._rules)
        work = answered.work
        if work is None:
            return replace(visit, screen=answered.screen, typed=answered.typed), ()
        return replace(visit, screen=answered.screen, typed=()), (_agreed(visit, work),)

    def _help(self, visit: Visit) -> Next:
        if isinstance(visit.screen, v.Helping | v.Reading):
            return visit, ()
        reason = visit.screen.reason if isinstance(visit.screen, v.Trouble) else None
        return replace(visit, screen=v.Helping(), typed=()), (i.CallOfficer(visit.task, reason),)

    def _of_work(self, visit: Visit, came: i.OfWork) -> Next:
        if not isinstance(visit.screen, v.AtWork) or visit.task is None:
            return visit, ()
        match came:
            case i.Progressed(stage):
                return replace(visit, screen=v.Reading(stage)), ()
            case i.Looked(0):
                return replace(visit, screen=v.Trouble(ReasonCode.PIN_BLOCKED)), ()
            case i.Looked(tries, consent, pin_pad):
                looked = replace(visit, consent=consent, pin_pad=pin_pad)
                return self._looked(looked, visit.task, tries)
            case i.PinAwaited(tries):
                return replace(visit, screen=v.PinAtReader(tries)), ()
            case i.Done(good, text, code, name, offline, portrait, checks):
                shown = v.Result(good, text, code, name, offline, portrait, checks)
                return replace(visit, screen=shown), ()
            case i.Failed(reason, tries_left, pin_set):
                return self._failed(visit, visit.task, reason, tries_left, pin_set=pin_set), ()

    def _looked(self, visit: Visit, task: v.Task, tries_left: int | None) -> Next:
        pad = first_question(task)
        if visit.pin_pad and self._config.pin_at_reader and pad.ask is v.Ask.PIN:
            return replace(visit, screen=v.Reading()), (_agreed(visit, with_pin(task, None)),)
        # a new PIN is chosen here, where it is judged before the card gets it
        pad = replace(pad, tries_left=tries_left)
        return replace(visit, screen=pad, pin_pad=False), ()

    def _failed(
        self,
        visit: Visit,
        task: v.Task,
        reason: ReasonCode,
        tries_left: int | None,
        *,
        pin_set: bool,
    ) -> Visit:
        if reason is ReasonCode.CARD_REMOVED and not visit.reader:
            reason = ReasonCode.NO_READER  # the card went with it
        if pin_set:
            task = replace(task, pin_set=True)
            visit = replace(visit, task=task)
        if reason in _PIN_REASONS and visit.card and not visit.pin_pad:
            again = replace(first_question(task), tries_left=tries_left, complaint=reason)
            return replace(visit, screen=again)
        return replace(visit, screen=v.Trouble(reason))

    def _time_passed(self, visit: Visit, now: float) -> Visit:
        if visit.deadline is None or now < visit.deadline:
            return visit
        if isinstance(visit.screen, v.Reading):
            return replace(visit, screen=v.Trouble(ReasonCode.CARD_SILENT))
        if isinstance(visit.screen, v.PinAtReader):
            return replace(visit, screen=v.Trouble(ReasonCode.READER_FAILED))
        return _home(visit)

    def _deadline(self, visit: Visit, now: float) -> float | None:
        seconds = self._seconds(visit)
        return None if seconds is None else now + seconds

    def _seconds(self, visit: Visit) -> float | None:
        times = self._timeouts
        match visit.screen:
            case v.Menu():
                return times.menu_with_card if visit.card else None
            case v.TakeCard() | v.OutOfService():
                return None
            case v.PlaceCard():
                return times.place_card
            case v.Pad():
                return times.pad
            case v.Reading():
                return times.reading
            case v.PinAtReader():
                return times.pin_at_reader
            case v.Result(checks=checks):
                return times.result if checks or visit.card else times.result_without_card
            case v.Trouble():
                return times.trouble
            case v.Helping():
                return times.helping

    def _only_task(self) -> v.Task | None:
        """Return the one thing that a card is put there for, where there is but one."""
        config = self._config
        with_card = [task for task in tasks_of(config) if task.needs_card]
        return with_card[0] if len(with_card) == 1 else None

    def _offers(self, task: v.Task) -> bool:
        return task in tasks_of(self._config)


def tasks_of(config: KioskConfig) -> tuple[v.Task, ...]:
    """Return all that a kiosk offers, in the order of its tiles."""
    services = [v.Task(v.Kind.SERVICE, service) for service in config.services]
    offered = (
        (config.change_pin, v.Kind.CHANGE_PIN),
        (config.activate, v.Kind.ACTIVATE),
        (config.own_checks, v.Kind.OWN_CHECKS),
        (config.report_loss, v.Kind.REPORT_LOSS),
    )
    return (*services, *(v.Task(kind) for wanted, kind in offered if wanted))


def _home(visit: Visit) -> Visit:
    """Return to the beginning; whatever was typed or shown is forgotten."""
    if not visit.reader:
        screen: v.Screen = v.OutOfService()
    else:
        screen = v.TakeCard() if visit.card else v.Menu()
    # the next person finds Vietnamese again; who only has a card to take keeps the language
    english = visit.english and isinstance(screen, v.TakeCard)
    visit = replace(visit, screen=screen, task=None, typed=(), consent=None, english=english)
    return replace(visit, pin_pad=False)


def _agreed(visit: Visit, work: i.Work) -> i.Work:
    """Let a tap name the text that stands above the PIN."""
    if isinstance(work, i.Tap) and visit.consent is not None:
        return replace(work, consent=visit.consent.id)
    return work
