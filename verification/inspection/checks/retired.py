"""Retired key management keys: they only open old mail.

Their certificates may have expired, been superseded or come from a CA that is gone, and the
card is none the worse for it (SP 800-73-5 Part 1 section 3.3.3). What must hold: they are
certificates of key management keys, nobody forged them, and the card has the keys.
"""

from __future__ import annotations

from cryptography import x509

from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.errors import CardsvcError, ReasonCode
from verification.inspection.checks.key_proofs import key_proof
from verification.inspection.report import Finding, Result, failed, not_applicable, passed
from verification.inspection.view import CardView
from verification.path.facts import read_facts
from verification.path.purpose import Purpose, check_purpose

_FORGED = frozenset({ReasonCode.CERTIFICATE_BAD_SIGNATURE})


def certificates(view: CardView) -> Finding:
    """Every retired certificate is well-formed, for key management, and not forged."""
    found = _held(view)
    unvalidated = 0
    for slot in found:
        certificate: x509.Certificate = view.parse(CERTIFICATE_OBJECT[slot])
        check_purpose(read_facts(certificate), Purpose.KEY_MANAGEMENT)
        try:
            view.path_then(certificate)
        except CardsvcError as error:
            if error.reason in _FORGED:
                return failed(error.reason, f"{slot:02X}")
            unvalidated += 1
    if not found:
        return not_applicable("no retired keys")
    return passed(f"{len(found)} certificates, {unvalidated} without a valid path today")


def key_proofs(view: CardView) -> Finding:
    """The card deciphers with every retired key whose certificate it holds."""
    found = [slot for slot in _held(view) if view.has_certificate(slot)]
    for slot in found:
        finding = key_proof(view, slot)
        if finding.result is not Result.PASS:
            if finding.reason is None:
                return finding
            return failed(finding.reason, f"{slot:02X}: {finding.detail}")
    if not found:
        return not_applicable("no retired keys")
    return passed(f"{len(found)} keys")


def _held(view: CardView) -> list[KeySlot]:
    return [
        slot
        for slot in KeySlot
        if slot.is_retired and view.image.octets(CERTIFICATE_OBJECT[slot]) is not None
    ]
