"""What the realm publishes: trust material, CRLs and OCSP responses, in memory or in folders."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from cardsvc.card.piv import KeySlot
from reader_agent.personas import realm as names
from reader_agent.personas.catalogue import PERSONAS
from reader_agent.personas.content import PersonaContent
from reader_agent.personas.realm import (
    Realm,
    authority_lists,
    certificates_in_order,
    responder_statuses,
)
from verification.status.crl import parse_crl
from verification.status.ocsp import parse_ocsp_response
from verification.status.revocation import RevocationMaterial

_HOLD = x509.ReasonFlags.certificate_hold
_REVOKED = {
    "revoked": x509.ReasonFlags.key_compromise,
    "suspended": _HOLD,
}
"""Personas on the issuing CA's list, and why."""
_RESPONDERS = {
    "ocsp_good": names.RESPONDER,
    "ocsp_revoked": names.RESPONDER,
    "ocsp_expired_responder": names.EXPIRED_RESPONDER,
    "ocsp_revoked_responder": names.REVOKED_RESPONDER,
    "ocsp_revoked_responder_no_check": names.REVOKED_RESPONDER_NO_CHECK,
    "ocsp_bad_signature": names.RESPONDER,
}
"""Personas of the CA that answers by OCSP alone, and who answers for them."""


def lists_of(realm: Realm) -> dict[str, x509.CertificateRevocationList]:
    """Return the realm's CRLs by CA."""
    since = realm.around(-10, 0).first
    revoked = [
        (PersonaContent(realm, PERSONAS[name].plan).serial(slot), since, reason)
        for name, reason in _REVOKED.items()
        for slot in KeySlot
        if not slot.is_retired
    ]
    return authority_lists(realm, revoked)


def responses_of(realm: Realm) -> dict[str, bytes]:
    """Return the realm's OCSP responses in DER, by a file name."""
    found = {name: _der(one) for name, one in responder_statuses(realm).items()}
    issuer = realm[names.OCSP_ISSUING].certificate
    since = realm.around(-10, 0).first
    for persona, responder in _RESPONDERS.items():
        content = PersonaContent(realm, PERSONAS[persona].plan)
        for slot in KeySlot:
            if slot.is_retired:
                continue
            response = _der(
                realm[responder].status_response(
                    content.serial(slot),
                    issuer,
                    realm.always,
                    since if persona == "ocsp_revoked" else None,
                )
            )
            if persona == "ocsp_bad_signature":
                response = _spoil_signature(response)
            found[f"{persona}-{slot:02x}"] = response
    return found


def _der(response: ocsp.OCSPResponse) -> bytes:
    return response.public_bytes(Encoding.DER)


def _spoil_signature(response: bytes) -> bytes:
    """Return the response with one bit of its signature changed."""
    signature = ocsp.load_der_ocsp_response(response).signature
    at = response.rindex(signature) + len(signature) - 1
    return response[:at] + bytes([response[at] ^ 1]) + response[at + 1 :]


def revocation_of(realm: Realm) -> RevocationMaterial:
    """Return everything that the realm says of its certificates' status."""
    return RevocationMaterial(
        tuple(parse_crl(one.public_bytes(Encoding.DER)) for one in lists_of(realm).values()),
        tuple(parse_ocsp_response(one) for one in responses_of(realm).values()),
    )


def export_realm(realm: Realm, folder: Path) -> None:
    """Write ``trust/``, ``crl/`` and ``ocsp/`` as ``inspect`` takes them; PEM and DER mixed.

    Raises:
        OSError: the folder can't be written.
    """
    trust, crl, responses = (folder / name for name in ("trust", "crl", "ocsp"))
    for place in (trust, crl, responses):
        place.mkdir(parents=True, exist_ok=True)
    for name, certificate in certificates_in_order(realm):
        (trust / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    for name, one in lists_of(realm).items():
        (crl / f"{name}.crl").write_bytes(one.public_bytes(Encoding.DER))
    for name, response in responses_of(realm).items():
        (responses / f"{name}.ocsp").write_bytes(response)
