"""What the views may use: use cases and ports, fitted together by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cardsvc.access_records import PersonalisationJob
from cardsvc.audit import AuditEvent
from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.card.guid import CardGuid
from cardsvc.clock import Clock
from cardsvc.desk_records import AgentPresence, JobStage
from cardsvc.errors import ReasonCode
from cardsvc.event_chain import ChainHead, ReceivedEvent
from cardsvc.lifecycle import CardState
from cardsvc.service_records import DecisionRecord
from cardsvc.status_records import OcspAnswer, PublishedDocument, StatusPlace
from cardsvc.terms import Realm
from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from issuance.job_end import JobEnd
from issuance.orders import OrderState
from verification.counter import DecisionCounter
from verification.decide import DecisionDesk, Settled
from verification.doors.orders import DoorOrderDesk
from verification.presentation import UnverifiedPresentation
from web.agents.access import AgentAccess
from web.agents.settings import SettingsDesk
from web.console.services import ConsoleServices
from web.events.feed import EventFeed
from web.flow_services import FlowServices
from web.metrics.instruments import Instruments
from web.operations.board import OperationsBoard
from web.partners.services import PartnerServices


class AccessDirectory(Protocol):
    """Tells who a bearer token belongs to. Tokens are looked up by their SHA-256."""

    def agent_by_token(self, token_sha256: bytes) -> str | None:
        """Return the enabled agent's identifier, or None."""
        ...

    def agents_by_tokens(self, tokens_sha256: Sequence[bytes]) -> Mapping[bytes, str]:
        """Return the enabled agents of those tokens that open anything."""
        ...


class DeskJobs(Protocol):
    """Gives the agents of issuing desks their jobs, and runs them batch by batch."""

    def next_job(self, agent: str) -> PersonalisationJob | None:
        """Return an agent's oldest open job, or None."""
        ...

    def start(self, job_id: str, agent: str) -> ApduBatch | JobEnd:
        """Begin or begin again; return the first batch."""
        ...

    def answer(self, job_id: str, agent: str, answer: BatchAnswer) -> ApduBatch | JobEnd:
        """Take a batch's answer; return the next batch, or how the job ended."""
        ...

    def report(
        self, job_id: str, agent: str, stage: JobStage, reason: ReasonCode | None
    ) -> OrderState:
        """Note what an agent sees at its readers; return how the order stands."""
        ...


class AgentEventBook(Protocol):
    """Takes the events of agents' outboxes in, once and in order."""

    def head(self, agent: str, chain: bytes) -> ChainHead:
        """Return where a chain of an agent stands."""
        ...

    def take(
        self, agent: str, chain: bytes, batch: Sequence[ReceivedEvent], at: datetime
    ) -> ChainHead:
        """Keep the events that are new; return the head, up to which all is acknowledged."""
        ...


class Bundles(Protocol):
    """Makes what agents decide by while the service is away."""

    def manifest(self, relying_party: str, agent: str, at: datetime) -> str:
        """Return the signed head of an agent's bundle, as a compact JWS."""
        ...

    def part(self, sha256: bytes) -> bytes | None:
        """Return a part by its hash, or None."""
        ...


class StatusDocuments(Protocol):
    """Signed statements about certificates, and the keys to check our signatures with."""

    def names(self) -> Sequence[str]:
        """Return the short names of all CAs."""
        ...

    def crl_document(self, ca_name: str, at: datetime) -> PublishedDocument | None:
        """Return the CA's CRL in DER, None where there is no such CA."""
        ...

    def certificate_document(self, ca_name: str) -> PublishedDocument | None:
        """Return the CA's certificate in DER, None where there is no such CA."""
        ...

    def ocsp(self, request_der: bytes, at: datetime) -> bytes:
        """Return an OCSP response in DER, of status malformedRequest for what is no request."""
        ...

    def ocsp_for_caches(self, request_der: bytes, at: datetime) -> OcspAnswer:
        """Return the answer to a request that came by GET (RFC 5019 section 6)."""
        ...

    def list_token(self, list_number: int, at: datetime) -> PublishedDocument | None:
        """Return a status list's token, None where there is no such list."""
        ...

    def list_numbers(self) -> Sequence[int]:
        """Return the numbers of all status lists."""
        ...

    def list_uri(self, list_number: int) -> str | None:
        """Return where a status list is published, None where none are."""
        ...

    def anchors(self, realm: Realm) -> bytes:
        """Return a realm's CA certificates in PEM, its root first."""
        ...

    def jwks(self, realm: Realm = Realm.PRODUCTION) -> dict[str, Any]:
        """Return the public keys of a realm's tokens as a JWK set (RFC 7517)."""
        ...


class CardPlaces(Protocol):
    """Tells where a card's status is kept."""

    def place(self, guid: CardGuid) -> StatusPlace | None:
        """Return a card's place in the status lists, or None where we never made it."""
        ...


class DecisionHistory(Protocol):
    """Looks up decisions that were made."""

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision, or None."""
        ...

    def card_state(self, guid: CardGuid) -> CardState | None:
        """Return a card's state, or None where we never issued it."""
        ...

    def card_state_in(self, guid: CardGuid, realm: Realm) -> CardState | None:
        """Return a card's state, or None where we never issued it in that realm."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the views.

    Args:
        clock: asked once per request.
        random_octets: a cryptographic random source.
        access: who an agent's token belongs to.
        partners: the partners' door.
        desk: the ports of a decision.
        counter: decides presentations.
        activate: verifies an issued card's X2 answer and activates it.
        report_loss: locks the cards of somebody who reports a loss at an agent's kiosk.
        jobs: the issuing desks'.
        agents: their devices' ways in.
        agent_events: keeps what agents saw and did, also while they were offline.
        bundles: what agents decide by while the service is away.
        bundle_keys: the keys that sign bundles, as JWK set (RFC 7517).
        door_orders: opens doors from afar.
        agent_settings: sets something at agents from afar.
        presence: keeps what an agent tells of itself.
        status: CRL, OCSP, status lists, keys.
        credential_keys: the keys that sign the credentials on a realm's card faces, as JWK set
            (RFC 7517).
        places: the cards' places in status lists.
        history: decisions and card states.
        events: partners' feeds.
        instruments: count and time what is done.
        record: appends what is nobody's change, such as a refusal, to the audit log.
        watch_token: opens what those who run the service watch; empty for this machine alone.
        board: what the screen of the operations centre shows.
        ready: names of parts and whether each works, for /readyz.
        flows: what partners ask beside a tap.
        regular_work: what ran and what fails of it, for /readyz; keeps nobody from being served.
        console: what the console's pages use.
    """

    clock: Clock
    random_octets: Callable[[int], bytes]
    access: AccessDirectory
    partners: PartnerServices
    desk: DecisionDesk
    counter: DecisionCounter
    activate: Callable[[UnverifiedPresentation, datetime], Settled]
    report_loss: Callable[[LossReportMessage, str, datetime], LossReceivedMessage]
    jobs: DeskJobs
    agents: AgentAccess
    agent_events: AgentEventBook
    bundles: Bundles
    bundle_keys: Callable[[], dict[str, Any]]
    door_orders: DoorOrderDesk
    agent_settings: SettingsDesk
    presence: Callable[[AgentPresence], None]
    status: StatusDocuments
    credential_keys: Callable[[Realm], dict[str, Any]]
    places: CardPlaces
    history: DecisionHistory
    events: EventFeed
    flows: FlowServices
    instruments: Instruments
    watch_token: str
    record: Callable[[AuditEvent], None]
    board: OperationsBoard
    ready: Callable[[], Mapping[str, bool]]
    regular_work: Callable[[], Mapping[str, object]]
    console: ConsoleServices
