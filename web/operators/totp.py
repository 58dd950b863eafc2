"""Time-based one-time codes (RFC 6238) of authenticator apps, and codes for a lost telephone."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import pyotp

STEP_SECONDS = 30
"""RFC 6238 section 5.2."""
_STEPS_APART = 1
"""RFC 6238 section 5.2: at most one step of delay; one ahead for a telephone that runs fast."""
_SECRET_OCTETS = 20
"""RFC 4226 section 4 R6: 160 bits."""
_CODE_OCTETS = 10
"""Of a recovery code: with 80 random bits its bare hash can't be reversed."""
RECOVERY_CODES = 10


def new_secret(random_octets: Callable[[int], bytes]) -> str:
    """Return a secret in base32."""
    return base64.b32encode(random_octets(_SECRET_OCTETS)).decode("ascii")


def provisioning_uri(secret: str, operator_id: str, issuer: str) -> str:
    """Return what an authenticator app reads from a QR code (Key URI format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=operator_id, issuer_name=issuer)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step that a code belongs to, None for a wrong code."""
    now = int(at.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(now - _STEPS_APART, now + _STEPS_APART + 1):
        expected = totp.generate_otp(step)
        if hmac.compare_digest(expected.encode(), code.encode()):
            found = step
    return found


def new_recovery_codes(random_octets: Callable[[int], bytes]) -> list[str]:
    """Return ten codes of four groups of four."""
    return [_grouped(random_octets(_CODE_OCTETS)) for _ in range(RECOVERY_CODES)]


def recovery_code_sha256(code: str) -> bytes:
    """Return what is stored of a recovery code, however it was typed."""
    plain = "".join(one for one in code.upper() if one.isalnum())
    return sha256(plain.encode()).digest()


def _grouped(octets: bytes) -> str:
    text = base64.b32encode(octets).decode("ascii")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
