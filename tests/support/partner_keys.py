"""A partner's own side: keys of every kind, assertions as its OAuth library makes them."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask import Flask
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.test import TestResponse

from web.partners.oauth import ASSERTION_TYPE

AUDIENCE = "http://127.0.0.1:8440"
"""The authorization server's name where no ``public_url`` is set."""


class SigningKey:
    """A key pair of a partner, and how it signs."""

    def __init__(self, algorithm: str = "ES256", kid: str = "khoa-1") -> None:
        self.algorithm, self.kid = algorithm, kid
        self.private: Any
        if algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            shown = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
            shown = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            shown = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        shown.pop("key_ops", None)
        self.jwk: dict[str, Any] = {**shown, "kid": kid, "alg": algorithm, "use": "sig"}

    @property
    def key_set(self) -> bytes:
        return json.dumps({"keys": [self.jwk]}).encode()

    def assertion(
        self,
        client_id: str,
        at: datetime,
        *,
        header: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        now = int(at.timestamp())
        all_claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        said = {name: value for name, value in all_claims.items() if name not in without}
        headers = {"kid": self.kid, **(header or {})}
        payload = json.dumps(said).encode()
        return jwt.PyJWS().encode(payload, self.private, self.algorithm, headers)


def ask_token(app: Flask, assertion: str, **fields: Any) -> TestResponse:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **fields,
    }
    return app.test_client().post("/oauth/token", data=form)
