"""What the partners' door asks of storage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.partner_records import (
    KeptAnswer,
    Partner,
    PartnerCaller,
    PartnerKey,
    PartnerProfile,
    PartnerToken,
    RequestClaim,
    RequestName,
)


class PartnerKeys(Protocol):
    """Finds a partner and its keys."""

    def find(self, partner_id: str) -> Partner | None:
        """Return a partner, or None."""
        ...

    def key(self, partner_id: str, kid: str) -> PartnerKey | None:
        """Return a key of a partner by its name, or None."""
        ...

    def key_by_thumbprint(self, partner_id: str, thumbprint: str) -> PartnerKey | None:
        """Return a key of a partner by its thumbprint, or None."""
        ...


class PartnerBook(PartnerKeys, Protocol):
    """Keeps partners and their keys."""

    def put(self, partner_id: str, profile: PartnerProfile, *, operator: str, at: datetime) -> None:
        """Enrol a partner, or change what was agreed with one."""
        ...

    def set_enabled(self, partner_id: str, *, enabled: bool, operator: str, at: datetime) -> bool:
        """Let a partner in, or shut it out at once; return whether there is one."""
        ...

    def partners(self) -> Sequence[Partner]:
        """Return all partners by identifier."""
        ...

    def keys(self, partner_id: str) -> Sequence[PartnerKey]:
        """Return a partner's keys, the newest first."""
        ...

    def add_key(self, key: PartnerKey, *, operator: str, at: datetime) -> None:
        """Add a key; from then on the token that never expires is good no more."""
        ...

    def revoke_key(self, partner_id: str, kid: str, *, operator: str, at: datetime) -> None:
        """End a key now, and with it the tokens that were asked for with it."""
        ...


class TokenBook(Protocol):
    """Keeps access tokens by their SHA-256."""

    def give(self, token: PartnerToken, jti: str | None, assertion_expires_at: datetime) -> bool:
        """Keep a token and spend its assertion; False where that was answered before."""
        ...

    def note_refusal(self, partner_id: str, reason: str, at: datetime) -> None:
        """Record that somebody was refused who said to be this partner."""
        ...

    def caller(self, token_sha256: bytes, at: datetime) -> PartnerCaller | None:
        """Return whom an access token belongs to, and what it opens; None where nothing."""
        ...

    def caller_by_lasting_token(self, token_sha256: bytes) -> PartnerCaller | None:
        """Return whom a token belongs to that was given at enrolment, or None."""
        ...


class RequestWindows(Protocol):
    """Counts requests by partner and window, for all processes together."""

    def take(
        self, relying_party: str, kind: str, starts_at: datetime, *, wanted: int, limit: int
    ) -> tuple[int, int]:
        """Take requests out of a window; return how many, and how many it has left."""
        ...


class AnswerBook(Protocol):
    """Keeps what was answered to requests that have a name."""

    def claim(
        self, name: RequestName, request_sha256: bytes, at: datetime
    ) -> RequestClaim | KeptAnswer:
        """Claim a request, or return what became of it."""
        ...

    def conclude(self, name: RequestName, answer: KeptAnswer) -> None:
        """Keep the answer to a claimed request."""
        ...

    def release(self, name: RequestName) -> None:
        """Give a claim back: nothing was done, and the request may be sent again."""
        ...
