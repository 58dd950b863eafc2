"""A request goes one way, in its time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.privacy_records import PrivacyRequest, RequestKind, RequestState
from tests.support.databases import make_sealer, open_sqlite
from tests.support.issuance_store_contract import AT
from tests.support.privacy_office import Office

REQUEST = "request"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(open_sqlite(tmp_path), make_sealer())
    office.person()
    return office


def receive(office: Office, at: datetime = AT) -> PrivacyRequest:
    kind = RequestKind.ACCESS
    return office.requests.receive(REQUEST, office.holder.id, kind, operator="lan", at=at)


def steps(office: Office, at: datetime = AT) -> dict[str, Callable[[], PrivacyRequest]]:
    desk = office.requests
    return {
        "acknowledge": lambda: desk.acknowledge(REQUEST, operator="lan", at=at),
        "extend": lambda: desk.extend(REQUEST, reason="many_files", operator="lan", at=at),
        "grant": lambda: desk.grant(REQUEST, operator="lan", at=at),
        "refuse": lambda: desk.refuse(REQUEST, reason="not_theirs", operator="lan", at=at),
        "close": lambda: desk.close(REQUEST, operator="lan", at=at),
    }


@pytest.mark.reason(ReasonCode.ILLEGAL_TRANSITION)
@pytest.mark.parametrize(
    ("way", "left"),
    [
        ((), {"acknowledge"}),
        (("acknowledge",), {"extend", "grant", "refuse"}),
        (("acknowledge", "extend"), {"grant", "refuse"}),
        (("acknowledge", "grant"), {"close"}),
        (("acknowledge", "refuse"), {"close"}),
        (("acknowledge", "grant", "close"), set()),
    ],
)
def test_a_request_goes_one_way(office: Office, way: tuple[str, ...], left: set[str]) -> None:
    receive(office)
    for step in way:
        steps(office)[step]()
    allowed = set()
    for name, step in steps(office).items():
        before = office.privacy.requests()
        with suppress(IssuanceError):
            step()
            allowed.add(name)
            break
        assert office.privacy.requests() == before
    assert allowed <= left
    assert bool(allowed) is bool(left)


def test_due_dates_are_two_working_days_and_fifteen_days_and_once_fifteen_more(
    office: Office,
) -> None:
    # half past eleven at night in Vietnam is another day than in UTC
    late = datetime(2026, 3, 5, 17, 30, tzinfo=UTC)
    request = receive(office, late)
    assert (request.acknowledge_by.isoformat(), request.act_by.isoformat()) == (
        "2026-03-10",
        "2026-03-21",
    )
    steps(office, late)["acknowledge"]()
    longer = steps(office, late)["extend"]()
    assert longer.act_by - request.act_by == timedelta(days=15)


def test_what_is_overdue_is_not_extended(office: Office) -> None:
    request = receive(office)
    steps(office)["acknowledge"]()
    too_late = AT + timedelta(days=17)
    with pytest.raises(IssuanceError):
        steps(office, too_late)["extend"]()
    assert request.overdue(too_late.date())


def test_reasons_are_codes(office: Office) -> None:
    receive(office)
    steps(office)["acknowledge"]()
    for step in (office.requests.extend, office.requests.refuse):
        with pytest.raises(Malformed):
            step(REQUEST, reason="bà Hoà không đồng ý", operator="lan", at=AT)
    assert office.privacy.requests()[0].state is RequestState.ACKNOWLEDGED
