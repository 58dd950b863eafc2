"""Putting partners' webhooks on record and changing their secrets; a secret is shown once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.event_records import DeliveryState, QueuedDelivery, Webhook, WebhookBacklog
from web.events.endpoint import Endpoint
from web.events.feed import EventFeed
from web.events.signature import SecretOf, secret_text


class WebhookBook(Protocol):
    """Keeps webhooks and what waits for them; ``cardsvc.store.webhooks.SqlWebhooks`` is one."""

    def add(
        self, webhook_id: str, relying_party: str, url: str, *, operator: str, at: datetime
    ) -> Webhook | None:
        """Put a webhook on record; None for no such partner."""
        ...

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, by partner."""
        ...

    def find(self, webhook_id: str) -> Webhook | None:
        """Return a webhook, or None."""
        ...

    def set_enabled(self, webhook_id: str, *, enabled: bool, operator: str, at: datetime) -> bool:
        """Shut a webhook off or open it again; False for no such webhook."""
        ...

    def rotate_secret(self, webhook_id: str, *, operator: str, at: datetime) -> Webhook | None:
        """Sign with a new secret, and with the former one for a day; None for no such webhook."""
        ...

    def queued(
        self, webhook_id: str, state: DeliveryState, *, after: int, limit: int
    ) -> Sequence[QueuedDelivery]:
        """Return what waits or was given up, by its place in the feed, behind a place."""
        ...

    def redeliver(
        self, webhook_id: str, position: int | None, *, operator: str, at: datetime
    ) -> int:
        """Send given-up deliveries again, one or all of a webhook; return how many."""
        ...

    def backlog(self, webhook_id: str | None = None) -> WebhookBacklog:
        """Return how many deliveries wait, and how many were given up."""
        ...


class WebhookDesk:
    """Adds webhooks and changes their secrets.

    Args:
        book: keeps them.
        feed: told up to date before a webhook begins, so that nothing old is sent.
        secret_of: derives the secrets that sign.
        new_id: gives each a random identifier.
    """

    def __init__(
        self, book: WebhookBook, feed: EventFeed, secret_of: SecretOf, new_id: Callable[[], str]
    ) -> None:
        self.book = book
        self._feed = feed
        self._secret_of = secret_of
        self._new_id = new_id

    def add(
        self, relying_party: str, url: str, *, operator: str, at: datetime
    ) -> tuple[Webhook, str]:
        """Send a partner's events to an address from now on; return its secret, shown once.

        Raises:
            Malformed: no https address (MALFORMED_MESSAGE).
            VerificationError: there is no such partner (RELYING_PARTY_UNKNOWN).
        """
        Endpoint.parse(url)
        self._feed.feed.catch_up()  # what happened before is not sent
        added = self.book.add(self._new_id(), relying_party, url, operator=operator, at=at)
        if added is None:
            raise VerificationError(
                ReasonCode.RELYING_PARTY_UNKNOWN,
                f"no partner {relying_party}; see `cardsvc partner list`",
            )
        return added, self._secret(added)

    def rotate(self, webhook_id: str, *, operator: str, at: datetime) -> str | None:
        """Sign with a new secret and return it, shown once; None for no such webhook."""
        rotated = self.book.rotate_secret(webhook_id, operator=operator, at=at)
        return None if rotated is None else self._secret(rotated)

    def _secret(self, one: Webhook) -> str:
        return secret_text(self._secret_of(one.id, one.secret_version))
