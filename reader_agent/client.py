"""The agent's client of the service: a kept-alive connection, strict answers, typed faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cardsvc.card.batch import ApduBatch, BatchAnswer
from cardsvc.desk_records import JobStage
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.event_chain import ChainHead
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.batch import encode_answer, parse_batch
from cardsvc.wire.counter import (
    AgentSessionRequest,
    PhotoMatchMessage,
    SessionMessage,
    SessionQuestion,
)
from cardsvc.wire.desk import (
    MAX_WAIT_SECONDS,
    NextJobMessage,
    PresenceMessage,
    ReportMessage,
    SeenMessage,
)
from cardsvc.wire.door_order import DoorAnswer, DoorQuestion
from cardsvc.wire.enrolment import EnrolledMessage, RenewalMessage
from cardsvc.wire.event_batch import ChainHeadMessage, EventBatchMessage
from cardsvc.wire.fields import Fields, encode_octets, parse_object
from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from cardsvc.wire.own_checks import OwnChecksMessage
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    DecisionMessage,
    PresentationMessage,
)
from reader_agent.service_http import (
    MAX_ANSWER_OCTETS,
    BearerToken,
    Credentials,
    Exchange,
    ServiceError,
    ServiceHttp,
)
from verification.presentation import UnverifiedPresentation

__all__ = ["JobFinished", "ServiceClient", "ServiceError"]

MAX_PORTRAIT_OCTETS = 64 * 1024
"""The service sends less than a third of it; a screen is shown no more, whoever sends it."""
_PORTRAIT_SECONDS = 4.0
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A personalisation job has nothing more to send.

    Args:
        state: the card's.
        reason: why the card was torn, or None.
    """

    state: str
    reason: ReasonCode | None = None


class ServiceClient:
    """Talks to one service as one agent. Safe to share between threads.

    Args:
        base_url: such as ``https://the.service``.
        credentials: by what the agent shows who it is; a text is a bearer token.
        ca_file: PEM of the authority of the service's TLS certificate; None for the system's.
        tap_seconds: how long an answer may take while somebody stands at a reader.
        observe: is told how long each answer took.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | str,
        *,
        ca_file: Path | None = None,
        tap_seconds: float = 10.0,
        observe: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        if isinstance(credentials, str):
            credentials = BearerToken(credentials)
        self._http = ServiceHttp(base_url, credentials, ca_file=ca_file, observe=observe)
        self.tap_seconds = tap_seconds

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        """Ask for a question to put to a card.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is not a challenge.
        """
        request = ChallengeRequest(relying_party, service, level)
        return ChallengeMessage.parse_answer(
            self._post_tap("/agent/v1/challenges", request.encode())
        )

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        """Bring a card's answer and get the decision.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is not a decision.
        """
        return self._send("/agent/v1/presentations", unverified)

    def activate(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        """Bring a card's X2 answer to activate it.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is not a decision.
        """
        return self._send("/agent/v1/activations", unverified)

    def report_loss(self, message: LossReportMessage) -> LossReceivedMessage:
        """Report that somebody lost a card; the answer does not tell whether there is one.

        Raises:
            ServiceError: unreachable, or too many reports.
            Malformed: the answer is none.
        """
        return LossReceivedMessage.parse_answer(
            self._post("/agent/v1/loss-reports", message.encode())
        )

    def own_checks(self, unverified: UnverifiedPresentation) -> OwnChecksMessage:
        """Bring a card's X2 answer and be told who checked the card.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is not such a list.
        """
        body = _presentation(unverified).encode()
        return OwnChecksMessage.parse_answer(self._post("/agent/v1/own-checks", body))

    def portrait(self, decision: str) -> bytes:
        """Fetch the holder's photo that a decision of ours released; it is kept nowhere.

        Args:
            decision: its name, as ``released_portrait`` tells.

        Returns:
            A JPEG.

        Raises:
            ServiceError: unreachable, not released, or too late.
            Malformed: the answer is no JPEG, or too large for one.
        """
        return self._portrait(f"/agent/v1/decisions/{quote(decision, safe='')}/portrait")

    def open_session(self, relying_party: str, service: str) -> str:
        """Open a session at a counter; return its identifier.

        Raises:
            ServiceError: unreachable or refused.
        """
        body = AgentSessionRequest(relying_party, service).encode()
        return SessionMessage.parse_answer(self._post("/agent/v1/sessions", body)).id

    def session_challenge(self, session_id: str, level: AssuranceLevel) -> ChallengeMessage:
        """Ask for a question to the card of a session.

        Raises:
            ServiceError: unreachable, refused, or the session is over.
        """
        path, body = _of_session(session_id, "challenges"), SessionQuestion(level).encode()
        return ChallengeMessage.parse_answer(self._post_tap(path, body))

    def session_present(
        self, session_id: str, unverified: UnverifiedPresentation
    ) -> DecisionMessage:
        """Bring the answer of a session's card and get the decision."""
        return self._send(_of_session(session_id, "presentations"), unverified)

    def session_portrait(self, session_id: str) -> bytes:
        """Fetch the photo that an officer is to match, as ``portrait`` does."""
        return self._portrait(_of_session(session_id, "portrait"))

    def session_photo_match(self, session_id: str, officer: str) -> DecisionMessage:
        """Say that an officer matched the photo with the person, and get the decision at X3."""
        body = PhotoMatchMessage(officer).encode()
        return DecisionMessage.parse_answer(
            self._post(_of_session(session_id, "photo-match"), body)
        )

    def close_session(self, session_id: str) -> None:
        """End a session."""
        self._post(_of_session(session_id, "close"), b"{}")

    def start_job(self, job_id: str) -> ApduBatch | JobFinished:
        """Begin a personalisation job.

        Raises:
            ServiceError: unreachable or refused.
        """
        return _parse_step(self._post(f"/agent/v1/jobs/{quote(job_id, safe='')}/start", b"{}"))

    def answer_job(self, job_id: str, answer: BatchAnswer) -> ApduBatch | JobFinished:
        """Hand over the responses to a batch and get the next.

        Raises:
            ServiceError: unreachable or refused.
        """
        path = f"/agent/v1/jobs/{quote(job_id, safe='')}/answers"
        return _parse_step(self._post(path, encode_answer(answer)))

    def next_job(self, wait_seconds: int = MAX_WAIT_SECONDS) -> NextJobMessage:
        """Ask for work, and wait for it a while.

        Raises:
            ServiceError: unreachable or refused.
        """
        return NextJobMessage.parse_answer(
            self._http.ask("GET", f"/agent/v1/jobs/next?wait={wait_seconds}")
        )

    def report(self, job_id: str, stage: JobStage, reason: ReasonCode | None = None) -> str:
        """Say how a job stands at our readers; return how its order stands, such as ``open``.

        Raises:
            ServiceError: unreachable, or there is no such job for us.
        """
        path = f"/agent/v1/jobs/{quote(job_id, safe='')}/reports"
        answer = self._post(path, ReportMessage(stage, reason).encode())
        return Fields(parse_object(answer), ("state",)).text("state")

    def tell_presence(self, presence: PresenceMessage) -> SeenMessage:
        """Tell of ourselves and our readers; return what the service wants of us.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is none.
        """
        return SeenMessage.parse_answer(self._post("/agent/v1/presence", presence.encode()))

    def settings(self) -> str:
        """Return what an administrator has set at us, a JWS; nothing of it is believed yet.

        Raises:
            ServiceError: unreachable, refused, or nothing was ever set.
        """
        return self._http.ask("GET", "/agent/v1/settings").decode("ascii", "replace")

    def send_events(self, batch: EventBatchMessage) -> ChainHead:
        """Hand events of the outbox over; return the head up to which the service has all.

        Raises:
            ServiceError: unreachable, or the events do not go on with what the service knows.
        """
        return ChainHeadMessage.parse_answer(self._post("/agent/v1/events", batch.encode())).head

    def chain_head(self, chain: bytes) -> ChainHead:
        """Return where the service thinks that a chain of events stands.

        Raises:
            ServiceError: unreachable or refused.
        """
        path = f"/agent/v1/events/{encode_octets(chain)}"
        return ChainHeadMessage.parse_answer(self._http.ask("GET", path)).head

    def renew(self, asked: RenewalMessage) -> EnrolledMessage:
        """Ask for our device's next certificate.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is not a certificate.
        """
        return EnrolledMessage.parse_answer(
            self._post("/agent/v1/enrolments/renewals", asked.encode())
        )

    def bundle_manifest(self, relying_party: str) -> str:
        """Return the signed head of our bundle, a JWS; nothing of it is believed yet.

        Raises:
            ServiceError: unreachable or refused.
        """
        path = f"/agent/v1/bundle?relying_party={quote(relying_party, safe='')}"
        return self._http.ask("GET", path).decode("ascii", "replace")

    def bundle_part(self, sha256: bytes) -> bytes:
        """Return a part of a bundle; that it is the part is not checked yet.

        Raises:
            ServiceError: unreachable, or gone by now.
        """
        return self._http.ask("GET", f"/agent/v1/bundle/parts/{sha256.hex()}")

    def bundle_keys(self) -> dict[str, Any]:
        """Return the keys that sign bundles, as JWK set.

        Raises:
            ServiceError: unreachable or refused.
        """
        return parse_object(self._http.ask("GET", "/agent/v1/bundle/keys"))

    def door_order(self, asked: DoorQuestion) -> DoorAnswer:
        """Ask whether a door of ours is to be opened from afar, and wait for it a while.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is none.
        """
        return DoorAnswer.parse_answer(self._post("/agent/v1/door-orders", asked.encode()))

    def close(self) -> None:
        """Drop the kept connections."""
        self._http.close()

    def _send(self, path: str, unverified: UnverifiedPresentation) -> DecisionMessage:
        return DecisionMessage.parse_answer(
            self._post_tap(path, _presentation(unverified).encode())
        )

    def _portrait(self, path: str) -> bytes:
        octets = self._http.ask("GET", path, seconds=_PORTRAIT_SECONDS)
        if not octets.startswith(_JPEG) or len(octets) > MAX_PORTRAIT_OCTETS:
            raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "the portrait is none")
        return octets

    def _post(self, path: str, body: bytes) -> bytes:
        return self._http.ask("POST", path, body)

    def _post_tap(self, path: str, body: bytes) -> bytes:
        return self._http.ask("POST", path, body, seconds=self.tap_seconds)


def _presentation(unverified: UnverifiedPresentation) -> PresentationMessage:
    return PresentationMessage(
        unverified.nonce,
        unverified.objects,
        unverified.proofs,
        unverified.asked,
        unverified.consent,
    )


def _of_session(session_id: str, what: str) -> str:
    return f"/agent/v1/sessions/{quote(session_id, safe='')}/{what}"


def _parse_step(octets: bytes) -> ApduBatch | JobFinished:
    message = parse_object(octets, most=MAX_ANSWER_OCTETS)
    if "finished" in message:
        fields = Fields(message, ("finished", "reason"))
        reason = fields.text("reason") if fields.has("reason") else None
        try:
            return JobFinished(fields.text("finished"), ReasonCode(reason) if reason else None)
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such reason") from error
    return parse_batch(octets)
