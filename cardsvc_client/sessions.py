"""Sessions at a counter: one card, step by step, up to an officer who matches the photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cardsvc_client.answers import Challenge, Decision, challenge_of, decision_of
from cardsvc_client.calls import (
    get_jpeg,
    get_object,
    post_object,
    read,
    read_instant,
    read_or_none,
)
from cardsvc_client.transport import Transport

_SESSIONS = "/partner/v1/sessions"


@dataclass(frozen=True, slots=True)
class CounterSession:
    """A session as it stands; it names neither card nor holder.

    Args:
        id: names it in every further call, and in receipts.
        service: what it is for.
        agent: who may put questions to the card.
        state: ``open``, ``ended`` by time or by its steps, or ``closed``.
        steps: decisions so far.
        level: the highest that the card proved, None before the first proof.
        expires_at: it is over from then on.
    """

    id: str
    service: str
    agent: str
    state: str
    steps: int
    level: str | None
    expires_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether there may be another step."""
        return self.state == "open"


class Sessions:
    """The sessions of one partner. Raises as ``PartnerClient`` does.

    Args:
        transport: to the service, as that partner.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def open(self, service: str, agent: str | None = None) -> CounterSession:
        """Open a session.

        Args:
            service: one of our services.
            agent: the province's reader agent that taps for us; None for readers of our own.
        """
        return _session_of(self._post("", {"service": service, "agent": agent}))

    def find(self, session_id: str) -> CounterSession:
        """Return a session of ours as it stands."""
        return _session_of(get_object(self._transport, _address(session_id)))

    def ask(self, session_id: str, level: str = "X1") -> Challenge:
        """Ask for a question to put to the session's card; the one before counts no more.

        Args:
            session_id: of ``open``.
            level: ``X1`` for the chip, ``X2`` for chip and PIN.
        """
        return challenge_of(self._post(_step(session_id, "challenges"), {"level": level}))

    def answer(self, session_id: str, presentation: Mapping[str, Any]) -> Decision:
        """Bring the card's answer as the next step; another card is refused (``other_card``)."""
        return decision_of(self._post(_step(session_id, "presentations"), presentation))

    def portrait(self, session_id: str) -> bytes:
        """Return the photo that an officer is to compare, a JPEG; keep it nowhere.

        It is there from a step at X2 until the match, with the scope ``portrait``.
        """
        return get_jpeg(self._transport, _SESSIONS + _step(session_id, "portrait"))

    def confirm_photo(
        self, session_id: str, officer: str, asked: Sequence[str] | None = None
    ) -> Decision:
        """Tell that an officer saw the person of the photo; decides at X3.

        Args:
            session_id: of a session with a step at X2.
            officer: our officer's identifier; on the receipt and in the audit log.
            asked: the attributes that are asked for; None for all that the policy allows.
        """
        body = {"officer": officer, "asked": None if asked is None else list(asked)}
        return decision_of(self._post(_step(session_id, "photo-match"), body))

    def close(self, session_id: str) -> CounterSession:
        """Close a session; closing it again does nothing."""
        return _session_of(self._post(_step(session_id, "close"), {}))

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return post_object(self._transport, _SESSIONS + path, body)


def _step(session_id: str, step: str) -> str:
    return f"/{quote(session_id, safe='')}/{step}"


def _address(session_id: str) -> str:
    return f"{_SESSIONS}/{quote(session_id, safe='')}"


def _session_of(document: Mapping[str, Any]) -> CounterSession:
    return CounterSession(
        id=read(document, "id", str),
        service=read(document, "service", str),
        agent=read(document, "agent", str),
        state=read(document, "state", str),
        steps=read(document, "steps", int),
        level=read_or_none(document, "level", str),
        expires_at=read_instant(document, "expires_at"),
    )
