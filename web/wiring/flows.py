"""The partners' flows over the database, the vault and our own CAs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cardsvc.card.guid import CardGuid
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.counter_sessions import SqlCounterSessions
from cardsvc.store.engine import Database
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.photo_store import SqlPortraits
from cardsvc.store.pseudonym_book import SqlPseudonymBook
from cardsvc.store.sealed import Sealer
from cardsvc.store.verification_store import SqlDecisionHistory
from cardsvc.store.visitor_passes import SqlVisitorPasses
from cardsvc.terms import Realm
from issuance.registry.photos import screen_jpeg
from keys.pass_signer import PassSigner
from keys.pki import Pki
from keys.signers import verify_receipt
from verification.decide import DecisionDesk
from verification.flows.counter_session import SessionDesk
from verification.flows.credential_check import CredentialDesk
from verification.flows.delegation import DelegationDesk
from verification.flows.own_checks import OwnChecksDesk
from verification.flows.pseudonym_desk import PseudonymDesk
from verification.flows.session_portrait import SessionPortraits
from verification.flows.status_query import StatusDesk
from verification.flows.visitor_desk import VisitorDesk
from verification.release.portrait import PortraitDesk, Portraits
from verification.release.pseudonym import PairwisePseudonyms
from web.events.feed import EventFeed
from web.flow_services import FlowServices


@dataclass(frozen=True, slots=True)
class FlowParts:
    """What the flows are made of.

    Args:
        desk: the ports of a decision.
        pki: signs receipts and publishes their keys.
        credential_keys: the published keys of a realm's QR codes.
        passes: sign visitor passes, by realm.
        names: makes pseudonyms.
        feed: knows by which names partners know cards.
        sealer: opens photos.
        history: decisions and card states.
        database: keeps the flows' own records.
    """

    desk: DecisionDesk
    pki: Pki
    credential_keys: Callable[[Realm], dict[str, Any]]
    passes: Mapping[Realm, PassSigner]
    names: PairwisePseudonyms
    feed: EventFeed
    sealer: Sealer
    history: SqlDecisionHistory
    database: Database


def wire_flows(parts: FlowParts) -> FlowServices:
    """Return the use cases."""
    picture = _pictures(SqlPortraits(parts.database, parts.sealer))
    portraits = Portraits(picture, AuditLog(parts.database).record)
    sessions = SessionDesk(parts.desk, SqlCounterSessions(parts.database), os.urandom)
    book = SqlPseudonymBook(parts.database)

    def cards_named(relying_party: str, pseudonym: str) -> Sequence[CardGuid]:
        parts.feed.feed.catch_up()  # a grant of a moment ago counts
        return book.cards_named(relying_party, pseudonym)

    return FlowServices(
        credentials=CredentialDesk(parts.desk, parts.credential_keys),
        status=StatusDesk(
            parts.history,
            lambda receipt, realm: verify_receipt(receipt, parts.pki.status.jwks(realm)),
            cards_named,
        ),
        visitors=VisitorDesk(
            parts.desk.issuer,
            parts.passes,
            SqlVisitorPasses(parts.database),
            os.urandom,
        ),
        pseudonyms=PseudonymDesk(parts.names, book),
        delegations=DelegationDesk(parts.desk),
        own_checks=OwnChecksDesk(
            parts.desk,
            SqlPastDecisions(parts.database),
            lambda: {one.id: one.name for one in SqlAccessStore(parts.database).relying_parties()},
        ),
        portraits=PortraitDesk(parts.history, portraits),
        match_portraits=SessionPortraits(sessions, portraits),
        sessions=sessions,
    )


def _pictures(portraits: SqlPortraits) -> Callable[[CardGuid], bytes | None]:
    def picture(guid: CardGuid) -> bytes | None:
        printed = portraits.of_card(guid)
        return None if printed is None else screen_jpeg(printed)

    return picture
