"""The token endpoint's one use case: a partner proves that it is the one and gets a token."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.partner_records import KeyKind, Partner, PartnerToken, Scope
from cardsvc.wire.fields import encode_octets
from web.partners.assertion import parse_assertion, verify_assertion
from web.partners.limits import RequestQuota
from web.partners.oauth import OAuthCode, OAuthRefusal, TokenAnswer, TokenRequest
from web.partners.ports import PartnerKeys, TokenBook

ACCESS_TOKEN_PREFIX = "cat."  # noqa: S105 - tells our kinds of tokens apart, opens nothing
ACCESS_TOKEN_LIFETIME = timedelta(minutes=5)
_TOKEN_OCTETS = 32
_NOTE_EVERY = timedelta(minutes=1)
_NOTED_AT_MOST = 1024
_COARSE = "the client could not be authenticated"
_TOLD_TO_ITS_SIGNER = frozenset(
    {
        ReasonCode.MALFORMED_ASSERTION,
        ReasonCode.ASSERTION_MISADDRESSED,
        ReasonCode.ASSERTION_EXPIRED,
    }
)
"""Found once the signature holds."""


@dataclass(frozen=True, slots=True)
class _Proof:
    kid: str
    jti: str | None
    expires_at: datetime
    certificate_sha256: str = ""


class TokenDesk:
    """Gives access tokens.

    Args:
        partners: finds partners and keys.
        tokens: keeps tokens.
        quota: counts a token as a request.
        audiences: our own names, to one of which an assertion is addressed.
        random_octets: a cryptographic random source.
    """

    def __init__(
        self,
        partners: PartnerKeys,
        tokens: TokenBook,
        quota: RequestQuota,
        audiences: frozenset[str],
        random_octets: Callable[[int], bytes],
    ) -> None:
        self._partners = partners
        self._tokens = tokens
        self._quota = quota
        self._audiences = audiences
        self._random_octets = random_octets
        self._noting = threading.Lock()
        self._noted: OrderedDict[tuple[str, ReasonCode], datetime] = OrderedDict()

    def give(self, asked: TokenRequest, certificate_sha256: str, at: datetime) -> TokenAnswer:
        """Check who asks; give a token of 256 random bits that lives for five minutes.

        Args:
            asked: the request.
            certificate_sha256: of the TLS client certificate, as a trusted proxy saw it; empty
                where there is none.
            at: the instant.

        Raises:
            OAuthRefusal: with what the client is told; the exact reason is in the audit log.
            TooManyRequests: the partner has had all that was agreed.
        """
        if asked.assertion is not None:
            partner, proof = self._by_assertion(asked, asked.assertion, at)
        else:
            partner, proof = self._by_certificate(asked, certificate_sha256, at)
        self._quota.take(partner.id, partner.profile.limits, at)
        scopes = self._scopes(partner, asked)
        token = ACCESS_TOKEN_PREFIX + encode_octets(self._random_octets(_TOKEN_OCTETS))
        kept = PartnerToken(
            hashlib.sha256(token.encode()).digest(),
            partner.id,
            proof.kid,
            scopes,
            at,
            at + ACCESS_TOKEN_LIFETIME,
            proof.certificate_sha256,
        )
        if not self._tokens.give(kept, proof.jti, proof.expires_at):
            said = "jti was used before: sign a new assertion for each token"
            raise self._refused(partner.id, ReasonCode.ASSERTION_REPLAYED, at, said)
        return TokenAnswer(token, int(ACCESS_TOKEN_LIFETIME.total_seconds()), scopes)

    def _by_assertion(
        self, asked: TokenRequest, assertion: str, at: datetime
    ) -> tuple[Partner, _Proof]:
        try:
            unverified = parse_assertion(assertion)
        except Malformed as error:
            raise _invalid_client(error.reason, str(error)) from error
        partner = self._enabled(unverified.client_id)
        if asked.client_id not in {None, partner.id}:
            raise self._refused(partner.id, ReasonCode.CLIENT_REFUSED, at)
        try:
            key = self._partners.key(partner.id, unverified.kid)
            verified = verify_assertion(unverified, key, self._audiences, at)
        except CardsvcError as error:
            said = str(error) if error.reason in _TOLD_TO_ITS_SIGNER else _COARSE
            raise self._refused(partner.id, error.reason, at, said) from error
        return partner, _Proof(verified.kid, verified.jti, verified.expires_at)

    def _by_certificate(
        self, asked: TokenRequest, certificate_sha256: str, at: datetime
    ) -> tuple[Partner, _Proof]:
        """RFC 8705 section 2.2: the certificate is on record, and the TLS handshake proved it."""
        if not certificate_sha256 or asked.client_id is None:
            raise _invalid_client(ReasonCode.CLIENT_REFUSED)
        partner = self._enabled(asked.client_id)
        key = self._partners.key_by_thumbprint(partner.id, certificate_sha256)
        if key is None or key.kind is not KeyKind.CERTIFICATE or not key.counts_at(at):
            raise self._refused(partner.id, ReasonCode.PARTNER_KEY_UNKNOWN, at)
        return partner, _Proof(key.kid, None, at, certificate_sha256)

    def _enabled(self, client_id: str) -> Partner:
        try:
            partner = self._partners.find(client_id)
        except Malformed as error:
            raise _invalid_client(error.reason) from error
        if partner is None or not partner.enabled:
            raise _invalid_client(ReasonCode.CLIENT_REFUSED)
        return partner

    def _scopes(self, partner: Partner, asked: TokenRequest) -> frozenset[Scope]:
        allowed = partner.profile.scopes
        scopes = allowed if asked.scopes is None else asked.scopes
        if not scopes or not scopes <= allowed:
            raise OAuthRefusal(
                OAuthCode.INVALID_SCOPE, ReasonCode.SCOPE_MISSING, "more than was agreed"
            )
        return scopes

    def _refused(
        self, partner_id: str, reason: ReasonCode, at: datetime, said: str = _COARSE
    ) -> OAuthRefusal:
        """Record a refusal: once a minute for a partner and reason; nobody is to fill the log."""
        with self._noting:
            last = self._noted.get((partner_id, reason))
            fresh = last is None or at - last >= _NOTE_EVERY
            if fresh:
                self._noted[partner_id, reason] = at
                self._noted.move_to_end((partner_id, reason))
            if len(self._noted) > _NOTED_AT_MOST:
                self._noted.popitem(last=False)
        if fresh:
            self._tokens.note_refusal(partner_id, reason.value, at)
        return _invalid_client(reason, said)


def _invalid_client(reason: ReasonCode, said: str = _COARSE) -> OAuthRefusal:
    """Refuse a client.

    What is on record is told to nobody: which partners and keys there are, the exact reason is
    ours. What is wrong with the text itself, and after the signature with what it says, the
    developer is told.
    """
    return OAuthRefusal(OAuthCode.INVALID_CLIENT, reason, said)
