"""The kiosk's rules, driven without card, clock or network: inputs in, screens and wishes out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.config import KioskConfig, KioskService
from reader_agent.kiosk.document import screen_document
from reader_agent.kiosk.machine import KioskMachine, tasks_of
from reader_agent.kiosk.words import Words

QUICK = KioskService("tra-cuu", AssuranceLevel.X1, Words("Tra cứu", "Look up"))
SIGNED = KioskService("ky", AssuranceLevel.X2, Words("Ký", "Sign"))
CONFIG = KioskConfig(Words("Ki-ốt", "Kiosk"), (QUICK, SIGNED))
QUICK_TASK, SIGNED_TASK = v.Task(v.Kind.SERVICE, QUICK), v.Task(v.Kind.SERVICE, SIGNED)
LOSS = v.Task(v.Kind.REPORT_LOSS)
AGREED = v.Consent("c1", Words("Tôi đồng ý", "I agree"))
PIN, NEW = "135791", "864209"


class Driver:
    """A visit that is led along."""

    def __init__(self, config: KioskConfig = CONFIG) -> None:
        self.machine = KioskMachine(config)
        self.config = config
        self.visit = v.Visit()
        self.now = 0.0
        self.wishes: list[i.Wish] = []

    def tell(self, *happened: i.Input) -> v.Screen:
        for one in happened:
            self.visit, wishes = self.machine.next(self.visit, one, self.now)
            self.wishes += wishes
        return self.visit.screen

    def wait(self, seconds: float) -> v.Screen:
        self.now += seconds
        return self.tell(i.TimePassed())

    def shown(self) -> dict[str, object]:
        return screen_document(self.config, self.visit, self.now)


def granted(**more: object) -> i.Done:
    return replace(i.Done(good=True, text=Words("Thẻ hợp lệ.", "Valid.")), **more)  # type: ignore[arg-type]


def test_a_visit_with_a_pin_from_the_menu_to_the_menu() -> None:
    kiosk = Driver()
    assert kiosk.tell(i.Chosen(SIGNED_TASK)) == v.PlaceCard()
    assert kiosk.tell(i.CardPut()) == v.Reading()
    assert kiosk.wishes == [i.Look(SIGNED_TASK)]
    assert kiosk.tell(i.Looked(3, AGREED)) == v.Pad(v.Ask.PIN, tries_left=3)
    assert kiosk.shown()["consent"] == {"vi": "Tôi đồng ý", "en": "I agree"}
    assert kiosk.tell(i.Typed(PIN)) == v.Reading(v.Stage.CHECK)
    assert kiosk.wishes[-1] == i.Tap(SIGNED_TASK, PIN, "c1")
    again = kiosk.tell(i.Failed(ReasonCode.PIN_WRONG, tries_left=2))
    assert again == v.Pad(v.Ask.PIN, 2, ReasonCode.PIN_WRONG)
    kiosk.tell(i.Typed(NEW), i.Progressed(v.Stage.NETWORK), granted(name="Nguyễn Văn Ân"))
    assert kiosk.shown()["name"] == "Nguyễn Văn Ân"
    assert kiosk.shown()["take"] is not None
    assert isinstance(kiosk.tell(i.CardTaken()), v.Result)
    assert kiosk.wait(13) == v.Menu()
    assert kiosk.visit.task is None


def test_a_card_alone_is_enough_where_no_pin_is_asked() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut())
    assert kiosk.visit.screen == v.Menu()
    kiosk.tell(i.Chosen(QUICK_TASK))
    assert kiosk.wishes == [i.Tap(QUICK_TASK)]


def test_a_kiosk_for_one_thing_begins_when_a_card_is_put_there() -> None:
    only = KioskConfig(
        Words("K", "K"), (QUICK,), change_pin=False, activate=False, own_checks=False
    )
    kiosk = Driver(only)
    assert kiosk.tell(i.CardPut()) == v.Reading()


@pytest.mark.parametrize("back", [i.CardPut(), i.TryAgain()])
def test_a_card_taken_too_soon_is_told_and_goes_on_where_it_was(back: i.Input) -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(SIGNED_TASK), i.CardPut(), i.Looked(3), i.Typed(PIN))
    kiosk.tell(i.CardTaken())
    assert kiosk.tell(i.Failed(ReasonCode.CARD_REMOVED)) == v.Trouble(ReasonCode.CARD_REMOVED)
    assert kiosk.shown()["part"] == "card"
    kiosk.tell(back, i.CardPut())
    assert kiosk.tell(i.Looked(3)) == v.Pad(v.Ask.PIN, tries_left=3)


def test_a_card_that_leaves_while_the_pin_is_typed() -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(SIGNED_TASK), i.CardPut(), i.Looked(3), i.CardTaken())
    assert kiosk.visit.screen == v.Trouble(ReasonCode.CARD_REMOVED)


def test_a_mute_card_is_not_a_removed_one() -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(QUICK_TASK), i.CardPut(ReasonCode.CARD_SILENT))
    assert kiosk.visit.screen == v.Trouble(ReasonCode.CARD_SILENT)
    kiosk.tell(i.CardTaken())
    assert kiosk.tell(i.CardPut()) == v.Reading()


def test_a_reader_that_goes_takes_the_kiosk_out_of_service_until_it_is_back() -> None:
    kiosk = Driver()
    assert kiosk.tell(i.ReaderChanged(there=False)) == v.OutOfService()
    assert kiosk.tell(i.Chosen(QUICK_TASK)) == v.OutOfService()
    assert kiosk.tell(i.Chosen(LOSS)) == v.Pad(v.Ask.PERSONAL_NUMBER)
    assert kiosk.tell(i.StartOver()) == v.OutOfService()
    assert kiosk.tell(i.ReaderChanged(there=True)) == v.Menu()


def test_a_reader_that_goes_in_mid_visit_is_named_and_the_visit_goes_on() -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(QUICK_TASK), i.CardPut(), i.ReaderChanged(there=False))
    kiosk.tell(i.Failed(ReasonCode.NO_READER))
    assert kiosk.shown()["part"] == "reader"
    assert kiosk.tell(i.ReaderChanged(there=True)) == v.PlaceCard()


def test_a_card_that_goes_with_its_reader_was_not_taken_by_anybody() -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(SIGNED_TASK), i.CardPut(), i.Looked(3), i.CardTaken())
    kiosk.tell(i.ReaderChanged(there=False))
    assert kiosk.shown()["part"] == "reader"
    kiosk.tell(i.StartOver(), i.ReaderChanged(there=True), i.Chosen(SIGNED_TASK), i.CardPut())
    kiosk.tell(i.ReaderChanged(there=False), i.Failed(ReasonCode.CARD_REMOVED))
    assert kiosk.shown()["part"] == "reader"


def test_a_lost_network_is_no_fault_of_the_card() -> None:
    kiosk = Driver()
    kiosk.tell(i.NetworkChanged(online=False), i.CardPut(), i.Chosen(QUICK_TASK))
    assert "máy chủ" in str(kiosk.shown()["banner"])
    kiosk.visit = replace(kiosk.visit, offline=True)
    assert "ngoại tuyến" in str(kiosk.shown()["banner"])
    kiosk.tell(i.Failed(ReasonCode.NETWORK_FAILED))
    assert kiosk.shown()["part"] == "network"
    assert kiosk.tell(i.TryAgain()) == v.Reading()
    kiosk.tell(granted(offline=True))
    assert kiosk.shown()["offline"] == {
        "vi": "Mất kết nối, đang xác thực ngoại tuyến",
        "en": "Connection lost, verifying offline",
    }


def test_a_blocked_pin_asks_for_nothing_more() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(SIGNED_TASK))
    assert kiosk.tell(i.Looked(0)) == v.Trouble(ReasonCode.PIN_BLOCKED)
    assert kiosk.tell(i.TryAgain()) == v.Trouble(ReasonCode.PIN_BLOCKED)


def at_pad(config: KioskConfig = CONFIG) -> Driver:
    kiosk = Driver(config)
    kiosk.tell(i.CardPut(), i.Chosen(SIGNED_TASK), i.Looked(2, AGREED, pin_pad=True))
    return kiosk


def test_a_pin_is_typed_at_the_reader_where_it_has_a_pad() -> None:
    kiosk = at_pad()
    assert kiosk.wishes[-1] == i.Tap(SIGNED_TASK, None, "c1")
    assert kiosk.visit.screen == v.Reading()
    step = kiosk.visit.step
    assert kiosk.tell(i.PinAwaited(2)) == v.PinAtReader(2)
    shown = kiosk.shown()
    assert shown["kind"] == "typing"
    assert shown["consent"] == {"vi": "Tôi đồng ý", "en": "I agree"}
    assert shown["tries"] == {"vi": "Còn 2 lần thử", "en": "2 attempts left"}
    assert kiosk.tell(i.Typed(PIN)) == v.PinAtReader(2)  # nothing is taken from the page
    assert isinstance(kiosk.wait(100), v.PinAtReader)  # longer than anything else may take
    kiosk.tell(i.Progressed(v.Stage.CHECK))
    assert kiosk.visit.step == step  # whose answer counts
    assert isinstance(kiosk.tell(granted()), v.Result)


def test_a_wrong_pin_at_the_reader_is_asked_for_again_when_the_person_wants_it() -> None:
    kiosk = at_pad()
    kiosk.tell(i.PinAwaited(2))
    assert kiosk.tell(i.Failed(ReasonCode.PIN_WRONG, 1)) == v.Trouble(ReasonCode.PIN_WRONG)
    assert kiosk.tell(i.TryAgain()) == v.Reading()
    assert kiosk.wishes[-1] == i.Look(SIGNED_TASK)
    kiosk.tell(i.Looked(1, None, pin_pad=True), i.PinAwaited(1))
    assert kiosk.shown()["warning"] is not None


@pytest.mark.parametrize(
    "reason", [ReasonCode.PIN_NOT_TYPED, ReasonCode.PIN_CANCELLED, ReasonCode.PIN_FORMAT]
)
def test_what_was_not_typed_at_the_reader_burns_no_try_and_says_so(reason: ReasonCode) -> None:
    kiosk = at_pad()
    kiosk.tell(i.PinAwaited(2), i.Failed(reason))
    assert kiosk.shown()["part"] == "pin"
    assert "không bị trừ" in str(kiosk.shown()["text"])
    assert kiosk.tell(i.TryAgain()) == v.Reading()


@pytest.mark.parametrize(
    ("happened", "screen"),
    [
        (i.CardTaken(), v.Trouble(ReasonCode.CARD_REMOVED)),
        (i.ReaderChanged(there=False), v.Trouble(ReasonCode.NO_READER)),
        (i.StartOver(), v.TakeCard()),
        (i.HelpWanted(), v.Helping()),
    ],
)
def test_a_person_may_leave_while_the_reader_waits(happened: i.Input, screen: v.Screen) -> None:
    kiosk = at_pad()
    kiosk.tell(i.PinAwaited(2))
    step = kiosk.visit.step
    assert kiosk.tell(happened) == screen
    assert kiosk.visit.step > step  # whatever the work says now is too late


def test_a_reader_that_forgets_its_own_time_is_named() -> None:
    kiosk = at_pad()
    kiosk.tell(i.PinAwaited(2))
    assert kiosk.wait(121) == v.Trouble(ReasonCode.READER_FAILED)


def test_a_new_pin_is_chosen_on_the_screen_and_so_is_all_where_the_pad_is_out_of_reach() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(v.Task(v.Kind.CHANGE_PIN)), i.Looked(3, None, pin_pad=True))
    assert kiosk.visit.screen == v.Pad(v.Ask.CURRENT_PIN, 3)
    hidden = at_pad(replace(CONFIG, pin_at_reader=False))
    assert hidden.visit.screen == v.Pad(v.Ask.PIN, 2)
    hidden.tell(i.Typed(PIN))
    assert hidden.tell(i.Failed(ReasonCode.PIN_WRONG, 1)) == v.Pad(
        v.Ask.PIN, 1, ReasonCode.PIN_WRONG
    )


def test_what_can_not_be_a_pin_costs_no_try() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(SIGNED_TASK), i.Looked(3))
    for text in ("", "12345", "123456789", "12345a", "１２３４５６"):
        assert isinstance(kiosk.tell(i.Typed(text)), v.Pad)
    assert kiosk.wishes == [i.Look(SIGNED_TASK)]
    kiosk.tell(i.StartOver(), i.CardTaken(), i.Chosen(SIGNED_TASK), i.CardPut(), i.Looked(1))
    assert kiosk.shown()["warning"] is not None


def test_a_pin_is_changed_when_it_was_chosen_well_and_typed_twice() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(v.Task(v.Kind.CHANGE_PIN)), i.Looked(3), i.Typed(PIN))
    kiosk.tell(i.Typed("123456"))
    assert kiosk.visit.screen == v.Pad(v.Ask.NEW_PIN, complaint=ReasonCode.PIN_WEAK)
    kiosk.tell(i.Typed(NEW), i.Typed(PIN))
    assert kiosk.visit.screen == v.Pad(v.Ask.NEW_PIN, complaint=ReasonCode.PIN_WRONG)
    kiosk.tell(i.Typed(NEW), i.Typed(NEW))
    assert kiosk.wishes[-1] == i.ChangePin(PIN, NEW)
    assert kiosk.visit.typed == ()


def test_an_activation_that_lost_the_network_asks_for_the_pin_only() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(v.Task(v.Kind.ACTIVATE)), i.Looked(3), i.Typed(PIN))
    kiosk.tell(i.Typed(NEW), i.Typed(NEW))
    assert kiosk.wishes[-1] == i.Activate(PIN, NEW)
    kiosk.tell(i.Failed(ReasonCode.NETWORK_FAILED, pin_set=True), i.TryAgain(), i.Looked(None))
    assert kiosk.visit.screen == v.Pad(v.Ask.PIN)
    kiosk.tell(i.Typed(NEW))
    assert kiosk.wishes[-1] == i.Activate(None, NEW)


def test_who_checked_the_card_is_told_to_who_has_its_pin_and_stays_to_be_read() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(v.Task(v.Kind.OWN_CHECKS)), i.Looked(3), i.Typed(PIN))
    assert kiosk.wishes[-1] == i.AskOwnChecks(PIN)
    line = v.CheckLine(
        "22/11/2026 08:00", "Bệnh viện", Words("Tiếp đón", "Reception"), granted=True
    )
    kiosk.tell(granted(checks=(line,)), i.CardTaken())
    assert isinstance(kiosk.wait(40), v.Result)
    assert kiosk.wait(10) == v.Menu()


def test_a_loss_is_reported_without_a_card() -> None:
    kiosk = Driver()
    kiosk.tell(i.Chosen(LOSS), i.Typed("12345"))
    assert kiosk.shown()["complaint"] is not None
    kiosk.tell(i.Typed("001056001234"), i.Typed("31021956"))
    assert kiosk.visit.screen == v.Pad(v.Ask.BIRTH_DATE, complaint=ReasonCode.MALFORMED_DATE)
    assert "001056001234" not in json.dumps(kiosk.shown())
    kiosk.tell(i.Typed("05011956"))
    assert kiosk.wishes == [i.ReportLoss("001056001234", date(1956, 1, 5))]
    assert isinstance(kiosk.tell(granted()), v.Result)


def test_a_person_who_leaves_is_forgotten_and_the_card_is_asked_to_be_taken() -> None:
    kiosk = Driver()
    kiosk.tell(i.LanguageChosen(english=True), i.Chosen(SIGNED_TASK), i.CardPut(), i.Looked(3))
    kiosk.now += 80
    kiosk.tell(i.Touched())
    assert kiosk.wait(80) == v.Pad(v.Ask.PIN, tries_left=3)
    assert kiosk.wait(11) == v.TakeCard()
    assert kiosk.visit.english
    assert kiosk.wait(3600) == v.TakeCard()
    assert kiosk.tell(i.CardTaken()) == v.Menu()
    assert not kiosk.visit.english


def test_a_reading_that_never_ends_is_ended() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(QUICK_TASK))
    assert kiosk.wait(61) == v.Trouble(ReasonCode.CARD_SILENT)
    assert kiosk.tell(granted()) == v.Trouble(ReasonCode.CARD_SILENT)


def test_the_officer_is_called_with_what_went_wrong() -> None:
    kiosk = Driver()
    kiosk.tell(i.CardPut(), i.Chosen(QUICK_TASK), i.Failed(ReasonCode.NO_PIV_APPLICATION))
    assert kiosk.tell(i.HelpWanted()) == v.Helping()
    assert kiosk.wishes[-1] == i.CallOfficer(QUICK_TASK, ReasonCode.NO_PIV_APPLICATION)
    kiosk.tell(i.HelpWanted())
    assert len(kiosk.wishes) == 2


_TASKS = st.sampled_from([*tasks_of(CONFIG), v.Task(v.Kind.ACTIVATE, pin_set=True)])
_REASONS = st.sampled_from(ReasonCode)
_SOMETHING = st.one_of(
    st.builds(i.CardPut, st.none() | st.sampled_from(ReasonCode)),
    st.just(i.CardTaken()),
    st.builds(i.ReaderChanged, st.booleans()),
    st.builds(i.NetworkChanged, st.booleans()),
    st.builds(i.Chosen, _TASKS),
    st.builds(i.Typed, st.sampled_from([PIN, NEW, "001056001234", "05011956"]) | st.text()),
    st.sampled_from([i.StartOver(), i.TryAgain(), i.HelpWanted(), i.Touched(), i.TimePassed()]),
    st.builds(i.Looked, st.none() | st.integers(0, 15), st.none(), st.booleans()),
    st.builds(i.PinAwaited, st.none() | st.integers(0, 15)),
    st.builds(i.Progressed, st.sampled_from(v.Stage)),
    st.just(granted()),
    st.builds(i.Failed, _REASONS, st.none() | st.integers(0, 15), st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(happened=st.lists(_SOMETHING, max_size=40), wait=st.floats(0, 200))
def test_whatever_happens_there_is_a_screen_and_a_way_home(
    happened: list[i.Input], wait: float
) -> None:
    kiosk = Driver()
    for one in happened:
        before = kiosk.visit
        kiosk.tell(one)
        assert kiosk.visit.step >= before.step
        json.dumps(kiosk.shown())
        for secret in kiosk.visit.typed:
            assert secret not in repr(kiosk.visit)
            assert secret not in json.dumps(kiosk.shown())
    kiosk.wait(wait)
    kiosk.tell(i.ReaderChanged(there=True))
    for _ in range(4):
        kiosk.wait(1000)
    kiosk.tell(i.CardTaken())
    kiosk.wait(1000)
    assert kiosk.visit.screen == v.Menu()
    assert kiosk.visit.typed == ()
    assert kiosk.visit.task is None
