"""Does the card hold the private key of each certificate? A copy of the objects does not."""

from __future__ import annotations

from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import algorithm_of
from cardsvc.errors import CardError, ReasonCode
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView


def key_proof(view: CardView, slot: KeySlot) -> Finding:
    """The card answers a fresh challenge with the certificate's key.

    Spec: SP 800-73-5 Part 2 section 3.2.4; FIPS 201-3 sections 6.2.3.1 and 6.2.3.2.
    """
    needs_pin = slot is not KeySlot.CARD_AUTHENTICATION
    reason = ReasonCode.PIN_KEY_PROOF_FAILED if needs_pin else ReasonCode.CARD_KEY_PROOF_FAILED
    key = view.certificate(slot).public_key()
    if needs_pin and not view.image.pin.verified:
        return not_applicable("the PIN was not accepted, so the key was not asked")
    proof = view.image.proofs.get(slot)
    if proof is None:
        return failed(reason, "the key could not be asked")
    if proof.answer is None:
        status = f" ({proof.status})" if proof.status is not None else ""
        return failed(reason, f"the card did not answer: {proof.reason or 'no answer'}{status}")
    try:
        algorithm_of(key)
    except CardError as error:
        return failed(error.reason, "no key of a card")
    # algorithm_of admits only the types that CardPublicKey names
    if not proof.challenge.is_answered_by(key, proof.answer):  # type: ignore[arg-type]
        return failed(reason, "the answer is not by the certificate's key")
    return passed("challenge answered")
