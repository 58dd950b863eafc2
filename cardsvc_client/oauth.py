"""Access tokens by a key of our own (OAuth 2.0 client credentials with ``private_key_jwt``).

Spec: RFC 6749 section 4.4, RFC 7523 section 2.2.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cardsvc_client.errors import ClockOff, NotAuthorised, UnexpectedAnswer
from cardsvc_client.transport import Transport

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_ASSERTION_SECONDS = 60
_RENEW_BEFORE_SECONDS = 30
_CLOCK_TOLERANCE_SECONDS = 25
_UNAUTHORISED = 401


class PartnerKey:
    """Gets access tokens with a partner's private key, and a new one before the old one ends.

    Args:
        base_url: the service's address.
        partner_id: our identifier.
        private_key_pem: PKCS#8 PEM without a password, of the algorithm's kind.
        key_id: the ``kid`` under which the province has the public key.
        algorithm: ``ES256``, ``EdDSA``, ``PS256`` or ``RS256``.
        scopes: what the token shall open; empty for all that was agreed.
        issuer: the service's name as its metadata has it, where it is not ``base_url``.
        now: seconds since 1970.
        ca_file: see ``Transport``.

    Raises:
        ValueError: not a private key.
    """

    def __init__(
        self,
        base_url: str,
        partner_id: str,
        private_key_pem: bytes,
        key_id: str,
        *,
        algorithm: str = "ES256",
        scopes: Iterable[str] = (),
        issuer: str | None = None,
        now: Callable[[], float] = time.time,
        ca_file: str | None = None,
    ) -> None:
        self._transport = Transport(base_url, ca_file=ca_file)
        self._partner_id = partner_id
        self._key = load_pem_private_key(private_key_pem, None)
        self._key_id = key_id
        self._algorithm = algorithm
        self._scope = " ".join(scopes)
        self._audience = issuer or self._transport.base_url
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def headers(self, method: str, target: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002
        """Return the Authorization header, with a token that lasts a while yet.

        Raises:
            Refused: the service gives us no token.
            ClockOff: for the clock's sake.
            Unreachable: no answer.
        """
        with self._lock:
            if self._now() >= self._good_until:
                self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Forget a token that was refused; the next request gets a new one."""
        if status != _UNAUTHORISED:
            return False
        with self._lock:
            had_one, self._good_until = bool(self._token), 0.0
            self._token = ""
        return had_one

    def _fetch(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        if self._scope:
            form["scope"] = self._scope
        asked_at = self._now()
        try:
            # never twice: an assertion is used up by the first try
            body = urlencode(form).encode()
            answer = self._transport.send_once("POST", TOKEN_PATH, body, content_type=_FORM)
        except NotAuthorised as error:
            self._blame_the_clock(error, asked_at)
            raise
        try:
            told = json.loads(answer.body)
            self._token = str(told["access_token"])
            self._good_until = asked_at + float(told["expires_in"]) - _RENEW_BEFORE_SECONDS
        except (ValueError, KeyError, TypeError) as error:
            raise UnexpectedAnswer("the token endpoint gave no token") from error

    def _assertion(self) -> str:
        now = int(self._now())
        claims = {
            "iss": self._partner_id,
            "sub": self._partner_id,
            "aud": self._audience,
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        headers = {"kid": self._key_id}
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers=headers)  # type: ignore[arg-type]  # a key of another kind is PyJWT's to refuse

    def _blame_the_clock(self, error: NotAuthorised, asked_at: float) -> None:
        try:
            theirs = parsedate_to_datetime(error.date).timestamp()
        except ValueError:
            return
        ahead = asked_at - theirs
        if abs(ahead) > _CLOCK_TOLERANCE_SECONDS:
            raise ClockOff(ahead) from error
