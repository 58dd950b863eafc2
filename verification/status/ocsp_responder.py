"""Whose signature makes an OCSP response count (RFC 6960 section 4.2.2.2).

Either the CA that issued the certificate, or a responder to whom that CA, with that key,
issued a certificate for OCSP signing. No other responder is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from cardsvc.errors import ReasonCode, VerificationError
from verification.path import chain
from verification.path.facts import CertificateFacts
from verification.path.policies import PolicyInputs
from verification.path.purpose import Purpose, check_purpose
from verification.status.ocsp import OcspResponse

ResponderStatus = Callable[[tuple[CertificateFacts, ...]], bool]
"""Tells whether the first certificate of a path is known not to be revoked."""

MAX_RESPONDERS = 16
"""Certificates tried for one response; more only waste a verifier's time."""


def check_responder(
    response: OcspResponse,
    path: tuple[CertificateFacts, ...],
    others: Iterable[CertificateFacts],
    at: datetime,
    is_good: ResponderStatus,
) -> None:
    """Check that ``response`` is signed by one who may speak of ``path[0]``.

    Args:
        response: a response with a status for the certificate.
        path: the certificate, its issuer, and so on to the anchor.
        others: certificates among which the responder's may be, beside those it carries.
        at: the instant at which the responder's certificate must be valid.
        is_good: the status of a responder without id-pkix-ocsp-nocheck.

    Raises:
        VerificationError: OCSP_BAD_SIGNATURE, OCSP_RESPONDER_UNAUTHORISED or WEAK_ALGORITHM.
    """
    if response.has_weak_signature():
        raise VerificationError(ReasonCode.WEAK_ALGORITHM, "a weakly signed OCSP response")
    issuer = path[1]
    if response.names_responder(issuer) and response.is_signed_by(issuer.public_key):
        return
    named = {
        facts.der: facts
        for facts in (issuer, *response.certificates, *others)
        if response.names_responder(facts)
    }
    refusal: VerificationError | None = None
    for responder in list(named.values())[:MAX_RESPONDERS]:
        if responder is issuer or not response.is_signed_by(responder.public_key):
            continue
        try:
            _check_delegate(responder, path, at, is_good)
        except VerificationError as error:
            refusal = VerificationError(
                ReasonCode.OCSP_RESPONDER_UNAUTHORISED, f"the responder's certificate: {error}"
            )
            continue
        return
    if refusal is not None:
        raise refusal
    if not named:
        raise VerificationError(
            ReasonCode.OCSP_RESPONDER_UNAUTHORISED, "no certificate of the responder is at hand"
        )
    raise VerificationError(ReasonCode.OCSP_BAD_SIGNATURE, "the responder did not sign this")


def _check_delegate(
    responder: CertificateFacts,
    path: tuple[CertificateFacts, ...],
    at: datetime,
    is_good: ResponderStatus,
) -> None:
    issuer = path[1]
    if responder.issuer != issuer.subject or not responder.is_signed_by(issuer.public_key):
        raise VerificationError(
            ReasonCode.OCSP_RESPONDER_UNAUTHORISED, "not issued by the certificate's CA"
        )
    check_purpose(responder, Purpose.OCSP_SIGNING)
    inputs = PolicyInputs()
    state = chain.start(path[-1], at, inputs)
    for facts in reversed(path[1:-1]):
        state = chain.extend(state, facts, at)
    chain.finish(state, responder, at, inputs)
    if not responder.extensions.ocsp_no_check and not is_good((responder, *path[1:])):
        raise VerificationError(
            ReasonCode.STATUS_UNKNOWN, "not known to be good, and not marked ocsp-nocheck"
        )
