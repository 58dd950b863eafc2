"""A holder asks at a kiosk who checked the card, and nobody else is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.service_records import ACTIVATION_RELYING_PARTY, OWN_CHECKS_SERVICE
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.own_checks import OwnChecksMessage
from reader_agent.checks_cli import show
from reader_agent.own_checks import ask_own_checks
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import PIN, RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.taps import answer_at, tap_at

X1, X2 = AssuranceLevel.X1, AssuranceLevel.X2


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


def asked(service: ServiceUnderTest, card: VirtualCard) -> OwnChecksMessage:
    connection = connect_in_process(card)
    try:
        return ask_own_checks(service.kiosk, connection, lambda _tries: PIN)
    finally:
        connection.close()


def test_the_holder_sees_every_check_of_the_card_and_no_others(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    stranger, _ = service.active_card()
    assert asked(service, card).checks == ()
    tap_at(service.kiosk, card)
    over_asking = replace(answer_at(service.kiosk, card, X2).presentation, asked=("birth_date",))
    service.kiosk.present(over_asking)
    tap_at(service.kiosk, stranger)
    told = asked(service, card)
    assert (told.decision.granted, told.decision.level) == (True, "X2")
    assert told.decision.released == {}
    newest, oldest = told.checks
    assert (newest.level, newest.granted, newest.code) == ("X2", False, "asks_too_much")
    assert (oldest.level, oldest.granted, oldest.code) == ("X1", True, "granted")
    assert (newest.partner, newest.service_vi, newest.service_en) == ("Trung tâm", SERVICE, SERVICE)
    assert (newest.released, oldest.released) == ((), ("name", "card"))
    assert newest.at > oldest.at
    # asking is on record, and is no check by somebody
    assert len(asked(service, card).checks) == 2
    assert service.installation.history.recent(1)[0].service == OWN_CHECKS_SERVICE


def test_without_the_pin_or_for_another_service_nobody_is_told(service: ServiceUnderTest) -> None:
    card, _ = service.active_card()
    tap_at(service.kiosk, card)
    own = ACTIVATION_RELYING_PARTY, OWN_CHECKS_SERVICE
    chip_only = service.kiosk.own_checks(answer_at(service.kiosk, card, X1, *own).presentation)
    assert (chip_only.decision.code, chip_only.checks) == ("level_too_low", ())
    # an answer that a counter got for itself opens no list
    for anothers in ((RELYING_PARTY, SERVICE), (ACTIVATION_RELYING_PARTY, "activation")):
        elsewhere = service.kiosk.own_checks(
            answer_at(service.kiosk, card, X2, *anothers).presentation
        )
        assert (elsewhere.decision.granted, elsewhere.checks) == (False, ())
    good = answer_at(service.kiosk, card, X2, *own).presentation
    assert not service.desk.own_checks(good).decision.granted
    assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND
    assert service.kiosk.own_checks(good).checks
    assert service.kiosk.own_checks(good).checks == ()
    # and the other way round: an answer for the list is no answer for a service
    assert not service.kiosk.present(answer_at(service.kiosk, card, X2, *own).presentation).granted


def test_the_list_is_printed_line_by_line(
    service: ServiceUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    card, _ = service.active_card()
    tap_at(service.kiosk, card)
    told = asked(service, card)
    show(told)
    (line,) = capsys.readouterr().out.splitlines()
    for part in ("Trung tâm", SERVICE, "X1", "granted", "name, card"):
        assert part in line
    show(replace(told, checks=()))
    assert "nobody checked" in capsys.readouterr().out
