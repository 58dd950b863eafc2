"""Something to be seen on the pages of integration: a policy with a past and a draft."""

from __future__ import annotations

from tests.support.installations import RELYING_PARTY, ServiceUnderTest
from verification.policy import life
from verification.policy.templates import template_text

LIBRARY, WEBHOOK = "library", "6f1d2a34-0000-4000-8000-0000000000e1"
_VERSION = {"partner_id": RELYING_PARTY, "service": LIBRARY, "version": "3"}


def add_policies(service: ServiceUnderTest) -> None:
    """Put two versions in force, one after the other, and a third beside them."""
    book, past = service.installation.policies, service.installation.past
    text = template_text(LIBRARY)
    for number in (1, 2, 3):
        at = service.clock.now()
        document = f"{text}\n# {number}\n"
        draft = life.put_draft(book, RELYING_PARTY, document, author="ca-clerk", at=at)
        kept = life.require_version(book, RELYING_PARTY, LIBRARY, draft.version)
        if number < 3:
            life.rehearse(book, past, kept, operator="ca-clerk", since=at, at=at)
            kept = life.require_version(book, RELYING_PARTY, LIBRARY, draft.version)
            life.activate(book, kept, operator="ca-approver", active_from=at, at=at)


def add_webhook(service: ServiceUnderTest) -> None:
    """Put a webhook on record to which nothing was sent yet."""
    installation, at = service.installation, service.clock.now()
    installation.services.events.feed.catch_up()
    url = "https://his.benhvien.example/su-kien"
    added = installation.webhooks.add(WEBHOOK, RELYING_PARTY, url, operator="ca-clerk", at=at)
    assert added is not None


EXAMPLES_OF_INTEGRATION: dict[str, list[dict[str, str]]] = {
    **{
        f"console.policies.{page}": [{"partner_id": RELYING_PARTY, "service": LIBRARY}]
        for page in ("show", "ask_to_roll_back")
    },
    **{
        f"console.policies.{page}": [_VERSION]
        for page in ("version", "ask_what_if", "ask_to_activate")
    },
    **{
        f"console.webhooks.{page}": [{"webhook_id": WEBHOOK}]
        for page in ("show", "ask_to_redeliver")
    },
    "console.webhooks.ask": [
        {"webhook_id": WEBHOOK, "deed": deed} for deed in ("disable", "enable", "rotate")
    ],
}
