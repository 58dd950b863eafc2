"""The feed that partners pull: told up to the present moment whenever it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.event_records import FeedPage


class PartnerFeed(Protocol):
    """Feeds of all partners; ``cardsvc.store.partner_feed.SqlPartnerFeed`` is one."""

    def lag(self) -> int:
        """Return how many entries of the log are still to be looked at."""
        ...

    def catch_up(self) -> int:
        """Tell what is new in the log; return how many entries were looked at."""
        ...

    def page(self, relying_party: str, after: int, limit: int) -> FeedPage:
        """Return the events that follow a position."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete events of before an instant; return how many."""
        ...


@dataclass(frozen=True, slots=True)
class EventFeed:
    """Reads feeds.

    Args:
        feed: of all partners.
        source: our name in events.
    """

    feed: PartnerFeed
    source: str

    def read(self, relying_party: str, after: int, limit: int) -> FeedPage:
        """Return what follows a position, with all that was recorded before this call.

        Raises:
            StoreError: what follows was forgotten (EVENTS_FORGOTTEN).
        """
        self.feed.catch_up()
        return self.feed.page(relying_party, after, limit)
