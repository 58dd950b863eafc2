"""Deliveries to webhooks: order, leases, shares, back-off, what is given up; on both databases."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from cardsvc.card.guid import CardGuid
from cardsvc.clock import SettableClock
from cardsvc.event_records import Delivery, DeliveryState, EventKind, Webhook, WebhookBacklog
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.partner_feed import SqlPartnerFeed
from cardsvc.store.webhook_queue import SqlWebhookQueue, enqueue
from cardsvc.store.webhooks import FORMER_SECRET_SIGNS, SqlWebhooks
from tests.contract.test_partner_feed import HOSPITAL, TAX, Town, make_guid
from tests.support.issuance_store_contract import AT
from tests.support.webhook_receivers import answer_in_turn, answer_with, receiving
from verification.told import tell_decision
from web.events.courier import LONGEST_WAIT, MOST_ATTEMPTS, Courier, CourierTools
from web.events.endpoint import AddressRule, parse_networks
from web.events.feed import EventFeed
from web.events.sender import WebhookSender

MINUTE = timedelta(minutes=1)


class Post(Town):
    """A town whose partners have webhooks."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.feed = SqlPartnerFeed(database, tell_decision, enqueue)
        self.webhooks = SqlWebhooks(database)
        self.queue = SqlWebhookQueue(database)
        self.turns = 0

    def add(self, webhook_id: str = "w", party: str = HOSPITAL, url: str = "https://h/") -> Webhook:
        added = self.webhooks.add(webhook_id, party, url, operator="admin", at=AT)
        assert added is not None
        return added

    def take(self, *, most: int = 10, per_webhook: int = 10, later: timedelta = MINUTE * 0
             ) -> Sequence[Delivery]:  # fmt: skip
        self.feed.catch_up()
        self.turns += 1
        at = AT + later
        return self.queue.take(
            f"turn-{self.turns}", at, at + MINUTE, most=most, per_webhook=per_webhook
        )


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def positions(deliveries: Sequence[Delivery]) -> list[int]:
    return [one.event.position for one in deliveries]


def test_events_of_one_card_are_taken_one_after_the_other(post: Post) -> None:
    post.add()
    card, other = make_guid(), make_guid()
    for guid in (card, other, card, None, None):
        post.decide(guid)
    first = post.take()
    assert positions(first) == [1, 2, 4, 5]
    assert post.take() == []
    post.queue.failed(first[0], "http_500", due_at=AT + MINUTE / 2, rests_until=None)
    assert post.take() == []  # the card's second event waits for its first
    (again,) = post.take(later=MINUTE / 2)
    assert (again.event.position, again.attempts) == (1, 1)
    post.queue.arrived(again, AT)
    assert positions(post.take(later=MINUTE / 2)) == [3]


def test_what_was_given_up_lets_the_next_pass_and_is_sent_again_on_demand(post: Post) -> None:
    post.add()
    card = make_guid()
    post.decide(card)
    post.decide(card)
    (first,) = post.take()
    post.queue.failed(first, "http_400", due_at=None, rests_until=None)
    (dead,) = post.webhooks.dead()
    assert (dead.position, dead.outcome, dead.attempts) == (1, "http_400", 1)
    backlog = WebhookBacklog(waiting=1, dead=1)
    assert post.webhooks.backlog() == post.webhooks.backlog("w") == backlog
    assert post.webhooks.backlog("none") == WebhookBacklog(0, 0)
    (given_up,) = post.webhooks.queued("w", DeliveryState.DEAD)
    assert (given_up.position, given_up.outcome, given_up.attempts) == (1, "http_400", 1)
    assert given_up.kind is EventKind.DECISION_MADE
    assert post.webhooks.queued("w", DeliveryState.DEAD, after=1) == []
    assert [one.position for one in post.webhooks.queued("w", DeliveryState.WAITING)] == [2]
    assert post.webhooks.find("w") == post.webhooks.all()[0]
    assert post.webhooks.find("none") is None
    assert positions(post.take()) == [2]
    assert post.webhooks.redeliver("w", 2, operator="admin", at=AT) == 0
    assert post.webhooks.redeliver("w", None, operator="admin", at=AT) == 1
    assert positions(post.take()) == [1]
    assert post.webhooks.dead() == []


def test_a_lease_ends_and_a_late_settlement_changes_nothing(post: Post) -> None:
    post.add()
    post.decide(None)
    (stale,) = post.take()
    assert post.take(later=MINUTE / 2) == []
    (fresh,) = post.take(later=MINUTE)
    post.queue.failed(stale, "timeout", due_at=None, rests_until=None)
    assert post.webhooks.dead() == []
    post.queue.arrived(fresh, AT)
    post.queue.arrived(stale, AT)
    assert post.webhooks.backlog() == WebhookBacklog(0, 0)


def test_each_webhook_has_its_share(post: Post) -> None:
    post.add("w-1")
    post.add("w-2", TAX)
    for _ in range(5):
        post.decide(None)
    post.decide(None, TAX)
    taken = post.take(most=8, per_webhook=2)
    assert sorted(one.webhook.id for one in taken) == ["w-1", "w-1", "w-2"]
    assert post.take(most=8, per_webhook=2) == []
    for one in taken:
        post.queue.failed(one, "timeout", due_at=AT, rests_until=AT + MINUTE)
    assert post.take(most=8, per_webhook=2) == []  # both rest
    probing = post.take(most=8, per_webhook=2, later=MINUTE)
    assert sorted(one.webhook.id for one in probing) == ["w-1", "w-2"]  # one call each


def test_who_is_shut_off_gets_nothing(post: Post, database: Database) -> None:
    post.add()
    post.decide(None)
    post.feed.catch_up()
    assert post.webhooks.set_enabled("w", enabled=False, operator="admin", at=AT)
    assert post.take() == []
    post.webhooks.set_enabled("w", enabled=True, operator="admin", at=AT)
    (taken,) = post.take()
    post.queue.shut(taken, AT)
    assert not post.webhooks.all()[0].enabled
    post.decide(None)
    post.feed.catch_up()  # queued for nobody: it is in the feed
    post.webhooks.set_enabled("w", enabled=True, operator="admin", at=AT)
    assert positions(post.take()) == [1]
    assert post.webhooks.add("x", "nobody", "https://h/", operator="admin", at=AT) is None
    assert not post.webhooks.set_enabled("x", enabled=True, operator="admin", at=AT)
    assert post.webhooks.rotate_secret("x", operator="admin", at=AT) is None
    AuditLog(database).verify()


def test_forgetting_events_forgets_their_deliveries(post: Post) -> None:
    post.add()
    post.decide(None)
    (taken,) = post.take()
    post.queue.failed(taken, "http_500", due_at=None, rests_until=None)
    assert post.feed.forget(AT + MINUTE) == 1
    assert post.webhooks.backlog() == WebhookBacklog(0, 0)


@dataclass
class Round:
    """A courier at work for receivers on loopback."""

    post: Post
    courier: Courier
    clock: SettableClock
    begun: list[Future[None]] = field(default_factory=list)

    def run(self, *, wait: bool = True) -> int:
        begun = self.courier.run_round()
        self.begun += begun
        for one in begun if wait else ():
            one.result(30)
        return len(begun)

    def run_until_empty(self) -> None:
        deadline = time.monotonic() + 20
        while self.run() or self.post.webhooks.backlog().waiting:
            assert time.monotonic() < deadline
            self.clock.advance(LONGEST_WAIT)


def secret_of(webhook_id: str, version: int) -> bytes:
    return hashlib.sha256(f"{webhook_id}/{version}".encode()).digest()


@pytest.fixture
def rounds(post: Post) -> Iterator[Round]:
    clock = SettableClock(AT)
    tls = ssl.create_default_context()
    sender = WebhookSender(AddressRule(parse_networks("127.0.0.0/8")), tls, call_seconds=1.0)
    feed = EventFeed(post.feed, "cardsvc")
    tools = CourierTools(feed, post.queue, sender, secret_of, clock, lambda n: bytes(n - 1) + b"\1")
    running = Round(post, Courier(tools), clock)
    yield running
    running.courier.stop()
    wait(running.begun, 30)


def believe(rounds: Round, ca_file: Path) -> None:
    sender = rounds.courier._tools.sender
    assert isinstance(sender, WebhookSender)
    sender.tls.load_verify_locations(ca_file)


def test_a_receiver_that_recovers_gets_all_of_a_card_in_order(
    rounds: Round, tmp_path: Path
) -> None:
    answers = answer_in_turn(
        answer_with("500 No"), answer_with("429 No", "Retry-After: 1"), answer_with("204 Fine")
    )
    with receiving(tmp_path, answers) as receiver:
        believe(rounds, receiver.ca_file)
        rounds.post.add(url=receiver.url)
        card = make_guid()
        for _ in range(3):
            rounds.post.decide(card)
        rounds.run_until_empty()
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert ids == [f"{HOSPITAL}-{position}" for position in (1, 1, 1, 2, 3)]
    assert len({call.body for call in receiver.calls[:3]}) == 1
    assert receiver.calls[0].headers["Content-Type"] == "application/cloudevents+json"
    assert receiver.most_at_once == 1
    (webhook,) = rounds.post.webhooks.all()
    assert webhook.failures == 0
    assert webhook.last_success_at is not None


def test_one_that_hangs_holds_up_no_other(rounds: Round, tmp_path: Path) -> None:
    released = threading.Event()
    sender = rounds.courier._tools.sender
    assert isinstance(sender, WebhookSender)
    patient = replace(sender, call_seconds=60.0)  # no call ends before the test lets it
    rounds.courier._tools = replace(rounds.courier._tools, sender=patient)
    with (
        receiving(tmp_path / "slow", lambda _connection, _before: released.wait(30)) as slow,
        receiving(tmp_path / "fast", answer_with("204 Fine")) as fast,
    ):
        for party, receiver in ((HOSPITAL, slow), (TAX, fast)):
            believe(rounds, receiver.ca_file)
            rounds.post.add(party, party, receiver.url)
        for _ in range(6):
            rounds.post.decide(None)
            rounds.post.decide(None, TAX)
        deadline = time.monotonic() + 25
        while len(fast.calls) < 6:
            assert time.monotonic() < deadline
            rounds.run(wait=False)
            time.sleep(0.02)
        assert slow.most_at_once <= 2
        assert len(slow.calls) <= 2
        released.set()
        for one in rounds.begun:
            one.result(10)


def test_what_never_arrives_is_given_up_in_the_end(rounds: Round, tmp_path: Path) -> None:
    with receiving(tmp_path, answer_with("302 Found", "Location: https://h/")) as receiver:
        believe(rounds, receiver.ca_file)
        rounds.post.add(url=receiver.url)
        rounds.post.decide(CardGuid(bytes(16)))
        rounds.run_until_empty()
        assert len(receiver.calls) == MOST_ATTEMPTS
    (dead,) = rounds.post.webhooks.dead()
    assert (dead.attempts, dead.outcome) == (MOST_ATTEMPTS, "http_302")


def test_a_receiver_that_is_gone_is_shut_off(rounds: Round, tmp_path: Path) -> None:
    with receiving(tmp_path, answer_with("410 Gone")) as receiver:
        believe(rounds, receiver.ca_file)
        rounds.post.add(url=receiver.url)
        rounds.post.decide(None)
        assert rounds.run() == 1
        rounds.clock.advance(LONGEST_WAIT)
        assert rounds.run() == 0
    assert not rounds.post.webhooks.all()[0].enabled


def test_a_changed_secret_signs_beside_the_former_one(rounds: Round, tmp_path: Path) -> None:
    with receiving(tmp_path, answer_with("204 Fine")) as receiver:
        believe(rounds, receiver.ca_file)
        rounds.post.add(url=receiver.url)
        rotated = rounds.post.webhooks.rotate_secret("w", operator="admin", at=AT)
        assert rotated is not None
        assert rotated.secret_version == 2
        rounds.post.decide(None)
        rounds.run()
        rounds.clock.advance(FORMER_SECRET_SIGNS)
        rounds.post.decide(None)
        rounds.run()
    signatures = [call.headers["webhook-signature"] for call in receiver.calls]
    assert [text.count("v1,") for text in signatures] == [2, 1]
