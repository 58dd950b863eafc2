"""Signatures on webhook calls, which partners check with any Standard Webhooks library.

Spec: Standard Webhooks 1.0.0, "Verifying webhook authenticity": HMAC-SHA256 over
``id.timestamp.body``, in base64 after ``v1,``; several signatures while a secret is changed. A
secret is derived from a master key in the vault: none lies in the database.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from cardsvc.event_records import Webhook

SecretOf: TypeAlias = Callable[[str, int], bytes]
"""Derives a secret: the webhook's identifier, the secret's version; 32 octets."""
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix alone is none
_VERSION = "v1"


def secret_text(secret: bytes) -> str:
    """Return a secret as a partner is given it."""
    return _SECRET_PREFIX + base64.b64encode(secret).decode()


def secrets_in_use(webhook: Webhook, secret_of: SecretOf, at: datetime) -> Sequence[bytes]:
    """Return the secrets that sign now, the newest first."""
    versions = [webhook.secret_version]
    if webhook.former_until is not None and at < webhook.former_until:
        versions.append(webhook.secret_version - 1)
    return [secret_of(webhook.id, version) for version in versions]


def signed_headers(
    secrets: Sequence[bytes], event_id: str, at: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the headers that say which event it is, when it is sent, and that we sent it."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    signatures = [
        f"{_VERSION},{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"
        for secret in secrets
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
