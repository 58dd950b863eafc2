"""A partner reads what happened: its decision, then that the card was suspended and revoked."""

from __future__ import annotations

from typing import Any

import pytest
import urllib3

from cardsvc.terms import RevocationReason
from issuance import lifecycle
from tests.support.installations import ServiceUnderTest
from tests.support.taps import tap_at


def read(service: ServiceUnderTest, query: str = "", token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token or service.partner_token}"}
    return urllib3.request("GET", f"{service.url}/partner/v1/events{query}", headers=headers)


def test_a_card_s_life_as_its_partner_is_told(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    receipt = tap_at(service.kiosk, card).receipt
    claims = service.installation.check_receipt(receipt)
    store, now = service.installation.store, service.clock.now
    lifecycle.suspend(store, guid, operator="mai", at=now())
    lifecycle.revoke(store, guid, reason=RevocationReason.KEY_COMPROMISE, operator="mai", at=now())

    page = read(service).json()
    made, *changes = page["events"]
    assert (made["type"], made["data"]["decision"]) == ("cardsvc.decision.made", claims["jti"])
    assert made["data"]["pseudonym"] == claims.get("pseudonym")
    assert [one["data"]["state"] for one in changes] == ["suspended", "revoked"]
    assert {one["type"] for one in changes} == {"cardsvc.card.status_changed"}
    assert [one["sequence"] for one in page["events"]] == ["1", "2", "3"]
    assert (page["after"], page["more"]) == (3, False)
    first = read(service, "?limit=1").json()
    assert (first["events"], first["after"], first["more"]) == ([made], 1, True)
    assert read(service, "?after=1").json()["events"] == changes
    assert read(service, "?after=99").json() == {"events": [], "after": 3, "more": False}

    others = service.installation.access.enrol_relying_party(
        "thue", "Thuế", operator="admin", at=now()
    )
    assert read(service, token=others).json() == {"events": [], "after": 0, "more": False}
    steps = service.installation.services.events.feed
    assert steps.forget(now()) == 3
    assert read(service, "?after=1").status == 410
    assert read(service).json()["events"] == []


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=x", "?limit=0", "?limit=501", "?after=9" + 30 * "9", "?limit=٣"]
)
def test_bad_places_are_refused(service: ServiceUnderTest, query: str) -> None:
    assert read(service, query).status == 400


def test_no_partner_no_events(service: ServiceUnderTest) -> None:
    assert read(service, token=service.agent_token).status == 401
