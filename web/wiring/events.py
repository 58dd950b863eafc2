"""Partners' events: the feed that queues for webhooks, and what delivers them."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable

from cardsvc.clock import Clock
from cardsvc.store.engine import Database
from cardsvc.store.partner_feed import SqlPartnerFeed
from cardsvc.store.webhook_queue import SqlWebhookQueue, enqueue
from keys.vault import KeyVault
from verification.told import tell_decision
from web.events.courier import Courier, CourierTools
from web.events.endpoint import AddressRule, parse_networks
from web.events.feed import EventFeed
from web.events.sender import WebhookSender
from web.named_files import load_webhook_authorities
from web.settings import Settings
from web.wiring.vault_keys import derived


def open_feed(settings: Settings, database: Database) -> EventFeed:
    """Return the feeds of all partners; what they are told is queued for their webhooks."""
    return EventFeed(SqlPartnerFeed(database, tell_decision, enqueue), settings.issuer)


def webhook_secrets(vault: KeyVault) -> Callable[[str, int], bytes]:
    """Derive webhooks' secrets from a master in the vault."""
    return lambda webhook, version: derived(
        vault, b"webhook secret", f"{webhook}/{version}".encode()
    )


def open_courier(
    settings: Settings,
    database: Database,
    feed: EventFeed,
    secret_of: Callable[[str, int], bytes],
    clock: Clock,
) -> Courier:
    """Return what delivers events to webhooks.

    Raises:
        SettingsError: ``webhook_ca_file`` holds no certificates.
    """
    tls = ssl.create_default_context()
    if settings.webhook_ca_file:
        load_webhook_authorities(tls, settings)
    sender = WebhookSender(AddressRule(parse_networks(settings.webhook_networks)), tls)
    queue = SqlWebhookQueue(database)
    return Courier(CourierTools(feed, queue, sender, secret_of, clock, os.urandom))
