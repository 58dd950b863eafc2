"""Verification of a presentation: one numbered list, each step with its reason.

 1. The challenge is one we opened                             CHALLENGE_UNKNOWN
 2. It is answered in time                                     CHALLENGE_EXPIRED
 3. It is answered by the agent it was given to                CHALLENGE_MISBOUND
 4. The 9E certificate parses                                  MALFORMED_CERTIFICATE
 5. The card's key signed our question                         CARD_KEY_PROOF_FAILED
 6. Its path holds, to an anchor of the policy's realm         RFC 5280 reasons, REALM_MISMATCH
 7. The certificate names a card that we issued                GUID_MISMATCH, CARD_UNKNOWN
 8. The key is the one on record for that card                 KEY_NOT_ON_RECORD
 9. The issuing CA issues that type of card                    CARD_TYPE_MISMATCH
10. The card is active and in date                             CARD_SUSPENDED, CARD_REVOKED, …
11. Signed objects that were presented agree                   CHUID_…, OBJECT_HASH_MISMATCH, …
12. The PIN-protected key signed our question too (X2)         PIN_KEY_PROOF_FAILED, as 6 to 9
13. Nobody answered the challenge before                       CHALLENGE_UNKNOWN

Step 13 is the transaction that records the decision: it spends the nonce, and of any number of
answers to one challenge it lets one through (``decide.conclude``). Activation, which changes the
card before it concludes, does it right after step 3 (``take_challenge``).

Spec: SP 800-73-5 Part 2 appendix A (authentication use cases); SP 800-116r1 section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.card.challenge_response import is_signed_by
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.terms import AssuranceLevel, CardType, Realm
from verification.card_certificate import CardCertificate, read_card_certificate
from verification.challenge import Challenge, message_of
from verification.consistency import check_objects
from verification.ports import CardDirectory, CardOnRecord, ChallengeBook, TrustedIssuers
from verification.presentation import UnverifiedPresentation
from verification.realms import TrustByRealm
from verification.verdict import VerifiedCard

_STATE_REASONS = {
    CardState.SUSPENDED: ReasonCode.CARD_SUSPENDED,
    CardState.REVOKED: ReasonCode.CARD_REVOKED,
    CardState.REPLACED: ReasonCode.CARD_REPLACED,
    CardState.DESTROYED: ReasonCode.CARD_REVOKED,
}


@dataclass(frozen=True, slots=True)
class Verifier:
    """The ports that verification asks."""

    challenges: ChallengeBook
    cards: CardDirectory
    trusted: TrustByRealm


class StatusRefused(VerificationError):
    """Cryptography holds, but the card's state does not allow its use."""

    def __init__(self, reason: ReasonCode, guid: CardGuid, level: AssuranceLevel) -> None:
        super().__init__(reason)
        self.guid = guid
        self.level = level


def find_challenge(
    challenges: ChallengeBook, unverified: UnverifiedPresentation, at: datetime
) -> Challenge:
    """Steps 1 to 3; the challenge is not spent by it.

    Raises:
        VerificationError: unknown, too late, or another agent's.
    """
    challenge = challenges.find(unverified.nonce)
    if challenge is None:
        raise VerificationError(ReasonCode.CHALLENGE_UNKNOWN, "not one of ours")
    if at >= challenge.expires_at:
        raise VerificationError(ReasonCode.CHALLENGE_EXPIRED, "answered too late")
    if unverified.agent != challenge.agent:
        raise VerificationError(ReasonCode.CHALLENGE_MISBOUND, "answered by another agent")
    return challenge


def take_challenge(
    challenges: ChallengeBook, unverified: UnverifiedPresentation, at: datetime
) -> Challenge:
    """Steps 1 to 3 and 13: whatever comes of the answer, the challenge is spent.

    Raises:
        VerificationError: unknown or already answered, too late, or another agent's.
    """
    challenge = find_challenge(challenges, unverified, at)
    if not challenges.spend(challenge):
        raise VerificationError(ReasonCode.CHALLENGE_UNKNOWN, "answered before")
    return challenge


def verify_presentation(
    verifier: Verifier,
    challenge: Challenge,
    unverified: UnverifiedPresentation,
    at: datetime,
    *,
    realm: Realm,
    expected_state: CardState = CardState.ACTIVE,
) -> VerifiedCard:
    """Steps 4 to 12: return the card, verified at one instant.

    Args:
        verifier: the ports.
        challenge: the question, of ``find_challenge`` or ``take_challenge``.
        unverified: the answer.
        at: the instant.
        realm: whose anchors are believed.
        expected_state: ``ACTIVE``, but for activation, which asks for an ``ISSUED`` card.

    Raises:
        StatusRefused: the card is genuine but not in use.
        VerificationError: any other step failed.
        Malformed: an object is ill-formed.
    """
    message, trusted = message_of(challenge), verifier.trusted.of(realm)
    leaf = _prove_key(  # 4, 5
        unverified, KeySlot.CARD_AUTHENTICATION, message, ReasonCode.CARD_KEY_PROOF_FAILED
    )
    card_type = trusted.check_card_certificate(leaf.facts, at, pin_key=False)  # 6
    guid = leaf.guid
    if guid is None:
        raise VerificationError(ReasonCode.GUID_MISMATCH, "the certificate names no card")
    record = verifier.cards.find(guid)  # 7
    if record is None:
        raise VerificationError(ReasonCode.CARD_UNKNOWN, f"no card {guid}")
    _check_record(record, KeySlot.CARD_AUTHENTICATION, leaf, card_type)  # 8, 9
    check_state(record, guid, expected_state, at)  # 10
    check_objects(unverified.objects, guid, trusted, at)  # 11
    level = AssuranceLevel.X1
    if KeySlot.AUTHENTICATION in unverified.proofs:  # 12
        _check_pin_key(trusted, record, message, unverified, at)
        level = AssuranceLevel.X2
    return VerifiedCard(guid, card_type, level, record, at)


def _prove_key(
    unverified: UnverifiedPresentation, slot: KeySlot, message: bytes, reason: ReasonCode
) -> CardCertificate:
    octets = unverified.objects.get(CERTIFICATE_OBJECT[slot])
    signature = unverified.proofs.get(slot)
    if octets is None or signature is None:
        raise VerificationError(reason, f"no certificate or proof of key {slot:02X}")
    leaf = read_card_certificate(octets)
    if not is_signed_by(leaf.key, signature, message, leaf.scheme):
        raise VerificationError(reason, "the answer does not fit the question")
    return leaf


def _check_record(
    record: CardOnRecord, slot: KeySlot, leaf: CardCertificate, card_type: CardType
) -> None:
    if record.card.key_sha256.get(slot) != leaf.key_sha256:
        raise VerificationError(ReasonCode.KEY_NOT_ON_RECORD, "not the key we certified")
    if record.card.card_type is not card_type:
        raise VerificationError(ReasonCode.CARD_TYPE_MISMATCH, "another type's CA issued it")


def check_state(
    record: CardOnRecord,
    guid: CardGuid,
    expected_state: CardState,
    at: datetime,
    *,
    level: AssuranceLevel = AssuranceLevel.X1,
) -> None:
    """Refuse a card that is not in use, or whose time has run out.

    Args:
        record: the card on record.
        guid: the card that was shown.
        expected_state: the state that it must be in.
        at: the instant.
        level: what the card has proven by now.

    Raises:
        StatusRefused: CARD_SUSPENDED, CARD_REVOKED, CARD_NOT_ACTIVE, CARD_EXPIRED, …
    """
    state = record.card.state
    if state is not expected_state:
        reason = _STATE_REASONS.get(state, ReasonCode.CARD_NOT_ACTIVE)
        raise StatusRefused(reason, guid, level)
    if at > record.card.expires_at:
        raise StatusRefused(ReasonCode.CARD_EXPIRED, guid, level)


def _check_pin_key(
    trusted: TrustedIssuers,
    record: CardOnRecord,
    message: bytes,
    unverified: UnverifiedPresentation,
    at: datetime,
) -> None:
    slot = KeySlot.AUTHENTICATION
    leaf = _prove_key(unverified, slot, message, ReasonCode.PIN_KEY_PROOF_FAILED)
    card_type = trusted.check_card_certificate(leaf.facts, at, pin_key=True)
    if leaf.guid != record.card.guid:
        raise VerificationError(ReasonCode.GUID_MISMATCH, "the PIN key belongs to another card")
    _check_record(record, slot, leaf, card_type)
