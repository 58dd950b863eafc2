"""Sessions at counters: hijacked, stepped up with another card, answered twice, kept too long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cardsvc.counter_records import MOST_STEPS, SESSION_LIFETIME
from cardsvc.errors import ReasonCode
from cardsvc.terms import RevocationReason
from cardsvc.wire.fields import parse_object
from issuance import lifecycle
from reader_agent.virtual.card import VirtualCard
from tests.support.counter import Counter
from tests.support.installations import (
    AGENT,
    DESK,
    SERVICE,
    ServiceUnderTest,
    serve,
)
from tests.support.partner import OTHER, X1, X2, Partner, answer, conforming_partner, other_partner


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    with conforming_partner(service) as made:
        yield made


@pytest.fixture(scope="module")
def cards(service: ServiceUnderTest) -> tuple[VirtualCard, VirtualCard]:
    return service.active_card()[0], service.active_card()[0]


@pytest.mark.reason(ReasonCode.SESSION_UNKNOWN)
def test_a_session_is_its_partners_and_its_agents_alone(
    service: ServiceUnderTest, partner: Partner
) -> None:
    thieves = (
        (other_partner(service, partner), "/partner/v1"),
        (Partner(partner.app, DESK, service.desk_token), "/agent/v1"),
    )
    for session in (Counter.open(partner, SERVICE), Counter.open(partner, SERVICE, agent=AGENT)):
        for thief, base in thieves:
            path = f"{base}/sessions/{session.id}"
            assert thief.refused(path, {}, method="GET") == "404 session_unknown"
            assert thief.refused(f"{path}/challenges", {"level": "X1"}) == "404 session_unknown"
            shown = {"nonce": "A" * 43}
            assert thief.refused(f"{path}/presentations", shown) == "404 session_unknown"
            officer = {"officer": "ai-do"}
            assert thief.refused(f"{path}/photo-match", officer) == "404 session_unknown"
            assert thief.refused(f"{path}/close", {}) == "404 session_unknown"
        assert session.as_it_stands()["state"] == "open"
    for junk in ("x", "%00", session.id.upper() + "0", "a" * 9000, "%ED%A0%80"):
        path = f"/partner/v1/sessions/{junk}"
        assert partner.refused(path, {}, method="GET")[:3] in {"400", "404"}


@pytest.mark.reason(ReasonCode.SESSION_OTHER_CARD)
def test_another_card_steps_nothing_up(
    service: ServiceUnderTest, partner: Partner, cards: tuple[VirtualCard, VirtualCard]
) -> None:
    mine, anothers = cards
    session = Counter.open(partner, SERVICE)
    assert session.tap(mine, X1)["granted"] is True
    for level in (X1, X2):
        refused = session.tap(anothers, level)
        assert (refused["granted"], refused["code"]) == (False, "other_card")
        assert refused["released"] == {}
        assert service.last_reason() is ReasonCode.SESSION_OTHER_CARD
    assert session.as_it_stands()["level"] == "X1"
    assert session.tap(mine, X2)["level"] == "X2"


@pytest.mark.reason(ReasonCode.SESSION_LEVEL_MISSING)
def test_no_photo_is_matched_before_the_pin(
    partner: Partner, cards: tuple[VirtualCard, VirtualCard]
) -> None:
    session = Counter.open(partner, SERVICE)
    match = {"officer": "can-bo-lan"}
    assert partner.refused(session.path("/photo-match"), match) == "409 session_level_missing"
    session.tap(cards[0], X1)
    assert partner.refused(session.path("/photo-match"), match) == "409 session_level_missing"
    session.tap(cards[0], X2)
    for nobody in ("", " ", "a b", "partner:x", "x" * 65):
        refused = partner.refused(session.path("/photo-match"), {"officer": nobody})
        assert refused == "400 malformed_message"
    assert session.confirm()["level"] == "X3"


def test_a_card_that_was_withdrawn_meanwhile_is_matched_in_vain(
    service: ServiceUnderTest, partner: Partner
) -> None:
    card, guid = service.active_card()
    session = Counter.open(partner, SERVICE)
    session.tap(card, X2)
    final, at = RevocationReason.KEY_COMPROMISE, service.clock.now()
    lifecycle.revoke(service.installation.store, guid, reason=final, operator="hung", at=at)
    assert session.confirm()["code"] == "card_revoked"


@pytest.mark.reason(ReasonCode.SESSION_ENDED)
def test_a_session_ends_by_time_by_its_steps_and_by_hand(
    service: ServiceUnderTest, partner: Partner, cards: tuple[VirtualCard, VirtualCard]
) -> None:
    late, closed, long = (Counter.open(partner, SERVICE) for _ in range(3))
    pending = answer(cards[0], closed.question(X1))
    closed.close()
    for _ in range(MOST_STEPS):
        long.tap(cards[0], X1)
    late.tap(cards[0], X2)
    question = late.question(X1)
    service.clock.advance(SESSION_LIFETIME - timedelta(seconds=5))
    for ended in (late, closed, long):
        path = ended.path()
        service.clock.advance(timedelta(seconds=5))
        assert partner.refused(f"{path}/challenges", {"level": "X1"}) == "409 session_ended"
        match = {"officer": "can-bo-lan"}
        assert partner.refused(f"{path}/photo-match", match) == "409 session_ended"
    shown = parse_object(pending.encode())
    assert partner.refused(closed.path("/presentations"), shown) == "409 session_ended"
    shown = parse_object(answer(cards[0], question).encode())
    assert partner.refused(late.path("/presentations"), shown) == "409 session_ended"
    states = [one.as_it_stands()["state"] for one in (late, closed, long)]
    assert states == ["ended", "closed", "ended"]


@pytest.mark.reason(ReasonCode.CHALLENGE_MISBOUND)
def test_an_answer_to_another_question_is_no_step(
    service: ServiceUnderTest, partner: Partner, cards: tuple[VirtualCard, VirtualCard]
) -> None:
    one, two = Counter.open(partner, SERVICE), Counter.open(partner, SERVICE)
    old = answer(cards[0], one.question(X1))
    answers = [
        old,  # a newer question is open
        answer(cards[0], two.question(X1)),  # another session's
        answer(cards[0], partner.challenge(SERVICE)),  # no session's
    ]
    newer = one.question(X1)
    for shown in answers:
        told = partner.call(one.path("/presentations"), parse_object(shown.encode()))
        assert told["code"] == "try_again"
        assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND
        newer = one.question(X1)
    assert one.as_it_stands()["level"] is None
    # and the other session lost nothing by it
    told = partner.call(two.path("/presentations"), parse_object(answers[1].encode()))
    assert told["granted"] is True
    told = partner.call(one.path("/presentations"), parse_object(answer(cards[0], newer).encode()))
    assert told["granted"] is True


def test_of_many_equal_answers_one_is_a_step(
    service: ServiceUnderTest, partner: Partner, cards: tuple[VirtualCard, VirtualCard]
) -> None:
    session = Counter.open(partner, SERVICE)
    shown = parse_object(answer(cards[0], session.question(X1)).encode())
    with ThreadPoolExecutor(8) as threads:
        told = list(
            threads.map(lambda _: partner.call(session.path("/presentations"), shown), range(8))
        )
    assert sorted(one["granted"] for one in told) == [False] * 7 + [True]
    assert session.as_it_stands()["level"] == "X1"


def test_a_partner_opens_sessions_for_services_of_its_own(partner: Partner) -> None:
    opened = partner.refused("/partner/v1/sessions", {"service": "khong-co"})
    assert opened == "404 service_unknown"
    foreign = {"service": SERVICE, "relying_party": OTHER}
    assert partner.refused("/partner/v1/sessions", foreign) == "400 malformed_message"
    own_readers_of_another = {"service": SERVICE, "agent": f"partner:{OTHER}"}
    refused = partner.refused("/partner/v1/sessions", own_readers_of_another)
    assert refused == "400 malformed_message"
