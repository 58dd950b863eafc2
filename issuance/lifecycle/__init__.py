"""What happens to a finished card: hand over, activate, suspend, resume, withdraw, destroy, spoil.

Each is one step of the transition table, the status of the certificates that follows from it,
and one audit event, in one transaction.
"""

from __future__ import annotations

from issuance.lifecycle.activation import PROOF_LIFETIME, ActivationProof, activate
from issuance.lifecycle.delivery import hand_over
from issuance.lifecycle.end import FINAL_REASONS, destroy, revoke, spoil, withdraw_card
from issuance.lifecycle.hold import resume, resume_due, suspend

__all__ = [
    "FINAL_REASONS",
    "PROOF_LIFETIME",
    "ActivationProof",
    "activate",
    "destroy",
    "hand_over",
    "resume",
    "resume_due",
    "revoke",
    "spoil",
    "suspend",
    "withdraw_card",
]
