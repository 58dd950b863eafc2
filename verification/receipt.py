"""Receipts: what was decided, signed so that it can be shown years later.

A receipt is a JWS (RFC 7515) over JWT claims (RFC 7519). It holds no name or personal number.
Public reasons are coarse; the exact ones stay in the audit log.
"""

from __future__ import annotations

import hashlib

from verification.challenge import Challenge
from verification.remedy import remedy_for
from verification.verdict import Decision, Denied, Granted

RECEIPT_TYPE = "cardsvc-receipt+jwt"


def receipt_claims(
    issuer: str, decision_id: str, challenge: Challenge | None, decision: Decision
) -> dict[str, object]:
    """Return the claims of a receipt.

    Args:
        issuer: our name.
        decision_id: becomes ``jti``.
        challenge: the question, None where there was no such question.
        decision: the answer.
    """
    verdicts = decision.verdicts
    claims: dict[str, object] = {
        "iss": issuer,
        "jti": decision_id,
        "iat": int(decision.at.timestamp()),
        "verdicts": {
            "facts": verdicts.facts,
            "status": verdicts.status,
            "policy": verdicts.policy,
        },
    }
    if challenge is not None:
        claims |= {
            "aud": challenge.relying_party,
            "service": challenge.service,
            "agent": challenge.agent,
            "nonce_sha256": hashlib.sha256(challenge.nonce).hexdigest(),
        }
    match decision:
        case Granted(card, policy):
            claims |= {
                "decision": "granted",
                "card": card.guid.urn,
                "card_type": card.card_type,
                "level": card.level.name,
                "policy_version": policy.version,
            }
        case Denied(reasons, _, _, guid, level):
            claims |= {"decision": "denied", "reason": remedy_for(reasons[0]).public_code}
            if guid is not None:
                claims["card"] = guid.urn
            if level is not None:
                claims["level"] = level.name
    return claims
