"""Visitor passes: a QR code that opens a gate of ours for some hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from cardsvc_client.calls import get_object, post_object, read, read_instant, read_or_none
from cardsvc_client.errors import UnexpectedAnswer
from cardsvc_client.transport import Transport

_PASSES = "/partner/v1/visitor-passes"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a pass is for. Purpose and name stand in its QR code and are kept nowhere else.

    Args:
        host: who invites, by our own identifier.
        zone: where it opens.
        purpose: what for, as the guard reads it.
        not_before: the first instant, with its time zone.
        expires_at: the last; 24 hours after the first at most.
        visitor: the name to compare with a document; None for none.
        entries: how often it opens.
    """

    host: str
    zone: str
    purpose: str = field(repr=False)
    not_before: datetime
    expires_at: datetime
    visitor: str | None = field(default=None, repr=False)
    entries: int = 1


@dataclass(frozen=True, slots=True)
class VisitorPass:
    """A pass as the service keeps it.

    Args:
        id: names it when it is looked at or revoked.
        zone: where it opens.
        not_before: the first instant.
        expires_at: the last.
        entries: how often it opens.
        used: how often it did.
        revoked: it opens no more.
        text: to be drawn as a QR code; only the answer that issues it has it.
    """

    id: str
    zone: str
    not_before: datetime
    expires_at: datetime
    entries: int
    used: int
    revoked: bool
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassAnswer:
    """Whether a gate opens. It has no truth value: look at ``granted``.

    Args:
        granted: only True opens.
        code: ``granted``, or the public code of the refusal.
        message_vi: for the screen, in Vietnamese.
        message_en: the same in English.
        id: the pass, where it is one of ours.
        purpose: what for.
        visitor: the name to compare with a document.
        entries_left: how often it opens still.
    """

    granted: bool
    code: str
    message_vi: str
    message_en: str
    id: str | None
    purpose: str | None = field(repr=False)
    visitor: str | None = field(repr=False)
    entries_left: int

    def __bool__(self) -> bool:
        """Refuse to be used as a condition: a refusal is an object, too."""
        raise TypeError("a PassAnswer has no truth value: look at granted")


class Passes:
    """The visitor passes of one partner. Raises as ``PartnerClient`` does.

    Args:
        transport: to the service, as that partner.
        realm: whose keys ``keys`` and ``revoked_list`` give.
    """

    def __init__(self, transport: Transport, realm: str) -> None:
        self._transport = transport
        self._pki = f"/pki/{realm}"

    def issue(self, visit: Visit) -> VisitorPass:
        """Issue a pass; draw its ``text`` as a QR code now, for it is given once.

        Raises:
            ValueError: an instant has no time zone.
        """
        body = {
            "host": visit.host,
            "zone": visit.zone,
            "purpose": visit.purpose,
            "not_before": _instant(visit.not_before),
            "expires_at": _instant(visit.expires_at),
            "entries": visit.entries,
        }
        if visit.visitor is not None:
            body["visitor"] = visit.visitor
        issued = _pass_of(post_object(self._transport, _PASSES, body))
        if issued.text is None:
            raise UnexpectedAnswer("the pass has no text")
        return issued

    def show(self, text: str, zone: str) -> PassAnswer:
        """Check what a gate scanned; a grant counts as an entry."""
        body = {"text": text, "zone": zone}
        return _answer_of(post_object(self._transport, f"{_PASSES}:show", body))

    def find(self, pass_id: str) -> VisitorPass:
        """Return a pass of ours as it stands."""
        return _pass_of(get_object(self._transport, f"{_PASSES}/{quote(pass_id, safe='')}"))

    def revoke(self, pass_id: str) -> VisitorPass:
        """Revoke a pass; revoking it again does nothing."""
        path = f"{_PASSES}/{quote(pass_id, safe='')}/revoke"
        return _pass_of(post_object(self._transport, path, {}))

    def keys(self) -> dict[str, Any]:
        """Return the keys that a gate without a network checks our realm's passes with."""
        return get_object(self._transport, f"{self._pki}/visitor-pass-keys.json")

    def revoked_list(self) -> str:
        """Return the signed list of revoked passes for such a gate, a JWT good for an hour."""
        try:
            return self._transport.get(f"{self._pki}/visitor-passes").body.decode("ascii")
        except UnicodeDecodeError as error:
            raise UnexpectedAnswer("not a JWT") from error


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _pass_of(document: Mapping[str, Any]) -> VisitorPass:
    return VisitorPass(
        id=read(document, "id", str),
        zone=read(document, "zone", str),
        not_before=read_instant(document, "not_before"),
        expires_at=read_instant(document, "expires_at"),
        entries=read(document, "entries", int),
        used=read(document, "used", int),
        revoked=read(document, "revoked", bool),
        text=read_or_none(document, "text", str),
    )


def _answer_of(document: Mapping[str, Any]) -> PassAnswer:
    return PassAnswer(
        granted=read(document, "granted", bool),
        code=read(document, "code", str),
        message_vi=read(document, "message_vi", str),
        message_en=read(document, "message_en", str),
        id=read_or_none(document, "id", str),
        purpose=read_or_none(document, "purpose", str),
        visitor=read_or_none(document, "visitor", str),
        entries_left=read(document, "entries_left", int),
    )
