"""Delivers events to webhooks: at least once, in order for each card, with back-off, for days.

Each delivery is a row until it arrived, so nothing is lost when the process ends. A few calls run
at once; a webhook has at most two of them, and one while it fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from cardsvc.event_records import Delivery
from cardsvc.wire.event import CONTENT_TYPE, encode_event_message
from web.events.endpoint import Endpoint
from web.events.feed import EventFeed
from web.events.sender import Blame, CallOutcome
from web.events.signature import SecretOf, secrets_in_use, signed_headers

_LOG = logging.getLogger(__name__)

CALLS_AT_ONCE = 8
CALLS_PER_WEBHOOK = 2
LEASE = timedelta(minutes=1)
"""Longer than any call: another process takes over what was not settled by then."""
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=4)
LONGEST_REST = timedelta(minutes=5)
"""An endpoint that is back is noticed no later than this."""
MOST_ATTEMPTS = 28
"""About three days: twelve calls in the first hours, then one in two to four hours."""
_USER_AGENT = "cardsvc-webhooks/1"
_JITTER_OCTETS = 4


class DeliveryQueue(Protocol):
    """Deliveries that wait; ``cardsvc.store.webhook_queue.SqlWebhookQueue`` is one."""

    def take(
        self, lease: str, at: datetime, until: datetime, *, most: int, per_webhook: int
    ) -> Sequence[Delivery]:
        """Take what is due, under a lease."""
        ...

    def arrived(self, delivery: Delivery, at: datetime) -> None:
        """Note that a webhook took an event."""
        ...

    def failed(
        self,
        delivery: Delivery,
        outcome: str,
        *,
        due_at: datetime | None,
        rests_until: datetime | None,
    ) -> None:
        """Note that a call failed; no ``due_at``: the delivery is given up."""
        ...

    def shut(self, delivery: Delivery, at: datetime) -> None:
        """Shut a webhook off that says it is gone."""
        ...


class Sender(Protocol):
    """Calls webhooks; ``web.events.sender.WebhookSender`` is one."""

    def send(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> CallOutcome:
        """Post a body; return how that went, whatever the other side does."""
        ...


@dataclass(frozen=True, slots=True)
class CourierTools:
    """What a courier works with.

    Args:
        feed: tells new events before each round.
        queue: deliveries that wait.
        sender: calls webhooks.
        secret_of: derives the secrets that sign.
        clock: asked at each step.
        random_octets: for leases, and so that retries don't come all at once.
    """

    feed: EventFeed
    queue: DeliveryQueue
    sender: Sender
    secret_of: SecretOf
    clock: Clock
    random_octets: Callable[[int], bytes]


class Courier:
    """Delivers what is due, a round at a time.

    Args:
        tools: what it works with.
    """

    def __init__(self, tools: CourierTools) -> None:
        self._tools = tools
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="webhook")
        self._free = CALLS_AT_ONCE
        self._counting = threading.Lock()
        self._settled = threading.Event()

    def run_round(self) -> Sequence[Future[None]]:
        """Tell new events and begin as many calls as are due and free; don't wait for them.

        Raises:
            StoreError: the database does not answer; all is due again the next time.
        """
        tools = self._tools
        tools.feed.feed.catch_up()
        with self._counting:
            free = self._free
        if not free:
            return []
        at = tools.clock.now()
        lease = tools.random_octets(16).hex()
        taken = tools.queue.take(lease, at, at + LEASE, most=free, per_webhook=CALLS_PER_WEBHOOK)
        with self._counting:
            self._free -= len(taken)
        return [self._pool.submit(self._deliver, one) for one in taken]

    def wait(self, seconds: float) -> None:
        """Wait until a call has ended, or so long: what comes after it may be due now."""
        self._settled.wait(seconds)
        self._settled.clear()

    def stop(self) -> None:
        """Begin no more calls; what is on its way is taken up again when its lease ends."""
        self._settled.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._settle(delivery, self._call(delivery))
        except CardsvcError as error:  # the lease ends, and it is sent again
            _LOG.warning("webhooks: %s: %s", delivery.webhook.id, error.reason.value)
        except Exception as error:
            _LOG.exception("webhooks: %s", delivery.webhook.id, exc_info=error)
            raise
        finally:
            with self._counting:
                self._free += 1
            self._settled.set()

    def _call(self, delivery: Delivery) -> CallOutcome:
        tools, event = self._tools, delivery.event
        at = tools.clock.now()
        body = encode_event_message(event, tools.feed.source)
        secrets = secrets_in_use(delivery.webhook, tools.secret_of, at)
        headers = {
            **signed_headers(secrets, event.id, at, body),
            "Content-Type": CONTENT_TYPE,
            "User-Agent": _USER_AGENT,
        }
        return tools.sender.send(Endpoint.parse(delivery.webhook.url), headers, body)

    def _settle(self, delivery: Delivery, outcome: CallOutcome) -> None:
        queue, at = self._tools.queue, self._tools.clock.now()
        if outcome.blame is None:
            queue.arrived(delivery, at)
            return
        _LOG.info("webhooks: %s: %s", delivery.webhook.id, outcome.code)
        if outcome.blame is Blame.GONE:
            queue.shut(delivery, at)
            return
        asked = timedelta(seconds=outcome.retry_after_seconds)
        wait = max(asked, self._wait(delivery.attempts, LONGEST_WAIT))
        due: datetime | None = at + wait
        if delivery.attempts + 1 >= MOST_ATTEMPTS:
            due = None
        rests = None
        if outcome.blame is Blame.ENDPOINT:
            rests = at + max(asked, self._wait(delivery.webhook.failures, LONGEST_REST))
        queue.failed(delivery, outcome.code, due_at=due, rests_until=rests)

    def _wait(self, failures: int, longest: timedelta) -> timedelta:
        """Return twice the wait for each failure, less up to a half of it at random."""
        doubled: int = 1 << min(failures, 30)
        wait = min(FIRST_WAIT * doubled, longest)
        random = int.from_bytes(self._tools.random_octets(_JITTER_OCTETS), "big")
        return wait * (0.5 + 0.5 * random / (1 << 8 * _JITTER_OCTETS))
