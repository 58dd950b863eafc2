"""Receipts: what was decided, signed so that it can be shown years later.

A receipt is a JWS (RFC 7515) over JWT claims (RFC 7519). It holds no name or personal number: of
what was released it names the attributes and never their values, and of the card it tells no more
than the policy lets the partner know. Public reasons are coarse; the exact ones stay in the audit
log.
"""

from __future__ import annotations

import hashlib

from verification.challenge import Challenge
from verification.remedy import remedy_for
from verification.verdict import Decision, Denied, Granted, Release

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
    verdicts, trace = decision.verdicts, decision.trace
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
        claims["aud"] = challenge.relying_party
        claims["service"] = challenge.service
        claims["agent"] = challenge.agent
        if challenge.nonce:
            claims["nonce_sha256"] = hashlib.sha256(challenge.nonce).hexdigest()
    match decision:
        case Granted(card, policy, _, release):
            claims["decision"] = "granted"
            claims["card_type"] = card.card_type
            claims["level"] = card.level.name
            claims["policy_version"] = policy.version
            _tell_release(claims, release)
        case Denied(reasons, _, _, _, level):
            claims["decision"] = "denied"
            claims["reason"] = remedy_for(reasons[0]).public_code
            if level is not None:
                claims["level"] = level.name
    if trace is not None:
        claims["policy_sha256"] = trace.sha256
        claims["purpose"] = trace.purpose
    # a card that never came to a policy is named: it was refused for what it is
    if decision.guid is not None and (trace is None or trace.names_card):
        claims["card"] = decision.guid.urn
    return claims


def _tell_release(claims: dict[str, object], release: Release) -> None:
    claims["released"] = list(release.names)
    if release.pseudonym is not None:
        claims["pseudonym"] = release.pseudonym
    if release.consent is not None:
        claims["consent"] = release.consent
    if release.rely_until is not None:
        claims["rely_until"] = int(release.rely_until.timestamp())
