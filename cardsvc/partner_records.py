"""Partners that rely on our decisions: who they are, their keys, what their tokens open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum, unique
from typing import TypeAlias

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.phone import PhoneNumber
from cardsvc.terms import Realm

MOST_KEYS = 8
"""Of one partner in use at once: an old and a new one for each of a few programs."""
KEY_LIFETIME = timedelta(days=400)
"""After which a key ends unless another day was agreed: long enough for a yearly change."""
MOST_KEY_LIFETIME = timedelta(days=1200)


@unique
class Scope(StrEnum):
    """What a token opens (RFC 6749 section 3.3)."""

    VERIFY = "verify"
    PORTRAIT = "portrait"
    BATCH = "batch"
    STATUS = "status"
    CREDENTIAL = "credential"
    SESSION = "session"
    DELEGATION = "delegation"
    PASSES = "passes"
    EVENTS = "events"


ALL_SCOPES = frozenset(Scope)
USUAL_SCOPES = ALL_SCOPES - {Scope.PORTRAIT}
"""What a partner may do where nothing else was agreed; pictures of people are agreed by name."""


def parse_scopes(text: str) -> frozenset[Scope]:
    """Parse scopes as they stand in a request: names with one space between two.

    Spec: RFC 6749 section 3.3.

    Raises:
        Malformed: MALFORMED_MESSAGE for a name that is none of ours, or twice the same.
    """
    names = text.split(" ")
    try:
        found = frozenset(Scope(name) for name in names)
    except ValueError:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such scope") from None
    if len(found) != len(names):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a scope stands twice")
    return found


def encode_scopes(scopes: frozenset[Scope]) -> str:
    """Return scopes as one text, in a fixed order."""
    return " ".join(sorted(scope.value for scope in scopes))


@unique
class ContactRole(StrEnum):
    """Whom to ask at a partner's."""

    TECHNICAL = "technical"
    BUSINESS = "business"
    SECURITY = "security"
    DATA_PROTECTION = "data_protection"


@dataclass(frozen=True, slots=True)
class Contact:
    """An office to be reached, not a person: its mailbox and telephone are on record openly."""

    role: ContactRole
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How many requests a partner may send.

    Args:
        per_minute: in each minute of the clock.
        per_day: in each day, UTC.
    """

    per_minute: int = 600
    per_day: int = 100_000

    def __post_init__(self) -> None:
        if not (1 <= self.per_minute <= 1_000_000 and 1 <= self.per_day <= 1_000_000_000):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a limit is out of range")


@dataclass(frozen=True, slots=True)
class PartnerProfile:
    """What was agreed with a partner.

    Args:
        name: of the organisation.
        realm: which cards it verifies; for good.
        agency_code: of the agency that it is or that answers for it.
        contacts: offices to be reached.
        scopes: what its tokens may open.
        limits: how many requests it may send.
        agreement: services, purposes, attributes, level and freshness within which its policies
            stay, as JSON (``verification.policy.agreement``); ``{}`` leaves them to the policies.
    """

    name: str
    realm: Realm = Realm.PRODUCTION
    agency_code: AgencyCode | None = None
    contacts: tuple[Contact, ...] = ()
    scopes: frozenset[Scope] = USUAL_SCOPES
    limits: RequestLimits = RequestLimits()
    agreement: str = "{}"


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner on record.

    Args:
        id: its identifier, and its ``client_id``.
        profile: what was agreed.
        enabled: False for one that is shut out.
        has_token: it holds a token that does not expire.
        created_at: when it was enrolled.
    """

    id: str
    profile: PartnerProfile
    enabled: bool
    has_token: bool
    created_at: datetime


@unique
class KeyKind(StrEnum):
    """By what a partner proves that it is the one."""

    JWK = "jwk"
    """A signature over an assertion: ``private_key_jwt``."""
    CERTIFICATE = "certificate"
    """A TLS client certificate: ``self_signed_tls_client_auth`` (RFC 8705 section 2.2)."""


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A public key of a partner.

    Args:
        relying_party: whose.
        kid: its name, the thumbprint where the partner gave it none.
        kind: how it is used.
        algorithm: the one JWS algorithm it signs with; empty for a certificate.
        thumbprint: SHA-256 of the key (RFC 7638) or of the certificate's DER, in hex.
        jwk: the public key as JSON (RFC 7517); empty for a certificate.
        not_before: the first instant at which it counts.
        not_after: the last one.
        revoked_at: since when it doesn't any more, ahead of its time.
    """

    relying_party: str
    kid: str
    kind: KeyKind
    algorithm: str
    thumbprint: str
    jwk: str = field(repr=False)
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None

    def counts_at(self, at: datetime) -> bool:
        """Tell whether the key is good at an instant."""
        return self.revoked_at is None and self.not_before <= at <= self.not_after


@dataclass(frozen=True, slots=True)
class PartnerToken:
    """An access token that was given out; only its hash is kept.

    Args:
        token_sha256: SHA-256 of it.
        relying_party: whose.
        kid: the key that it was asked for with; the token ends with it.
        scopes: what it opens.
        issued_at: when it was given out.
        expires_at: the first instant at which it opens nothing.
        certificate_sha256: the client certificate that it is bound to, in hex
            (RFC 8705 section 3); empty where it is bound to none.
    """

    token_sha256: bytes
    relying_party: str
    kid: str
    scopes: frozenset[Scope]
    issued_at: datetime
    expires_at: datetime
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True)
class PartnerCaller:
    """Who sends a request, as its token says.

    Args:
        id: the partner.
        realm: of the cards that it may ask about.
        scopes: what the token opens.
        limits: how many requests the partner may send.
        certificate_sha256: the client certificate that the token is bound to, or empty.
    """

    id: str
    realm: Realm
    scopes: frozenset[Scope]
    limits: RequestLimits
    certificate_sha256: str = ""


ANSWERS_KEPT = timedelta(days=1)
"""For so long an ``Idempotency-Key`` is known."""
RequestName: TypeAlias = tuple[str, bytes]
"""A partner or an agent, and SHA-256 of the key that it gave a request."""


@unique
class RequestClaim(Enum):
    """What a claim of a request found."""

    FIRST = "first"
    RUNNING = "running"
    ANOTHER_REQUEST = "another_request"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered to a request that was done: JSON."""

    status: int
    body: str = field(repr=False)
