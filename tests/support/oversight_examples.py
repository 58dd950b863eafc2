"""Something to be seen on the pages of oversight: a person, requests, a signed log, figures."""

from __future__ import annotations

from datetime import timedelta

from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.privacy_records import RequestKind
from tests.support.installations import AGENT, DESK, ServiceUnderTest
from web.housekeeping_wiring import wire_housekeeping

ACCESS_REQUEST = "0d6ee0cb-9f5a-4f4a-9a49-6d8e0a6f0001"
ERASURE_REQUEST = "0d6ee0cb-9f5a-4f4a-9a49-6d8e0a6f0002"
NEW_REQUEST = "0d6ee0cb-9f5a-4f4a-9a49-6d8e0a6f0003"


def add_examples(service: ServiceUnderTest) -> None:
    """Put them on record; nothing is personalised, so it is quick."""
    installation, at = service.installation, service.clock.now
    application_id = service.requested_application()
    with installation.store.transaction() as unit:
        holder_id = unit.application(application_id).holder.id
    requests = installation.requests
    for request_id, kind in (
        (ACCESS_REQUEST, RequestKind.ACCESS),
        (ERASURE_REQUEST, RequestKind.ERASURE),
        (NEW_REQUEST, RequestKind.CORRECTION),
    ):
        requests.receive(request_id, holder_id, kind, operator="lan", at=at())
    for request_id in (ACCESS_REQUEST, ERASURE_REQUEST):
        requests.acknowledge(request_id, operator="lan", at=at())
    mute = (("ACS ACR39U 00 00", ReaderState.MUTE),)
    installation.presence.seen(AgentPresence(AGENT, "0.1.0", True, mute, at()))
    long_ago = at() - timedelta(hours=1)
    installation.presence.seen(AgentPresence(DESK, "0.1.0", True, (), long_ago))
    settings = installation.services.agent_settings
    settings.configure(AGENT, "[kiosk]\nsound = false\n", after=0, operator="admin", at=at())
    settings.configure(AGENT, "", after=1, operator="admin", at=at())
    wire_housekeeping(installation).run_all()
