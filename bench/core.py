"""The verification core beside its bare signature operations, both in one run.

Bare: verify the card's signature, verify its certificate's signature, sign the receipt, with
keys that are already parsed (X2: two cards' keys, so four verifications and one signature).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.measure import Measurement, best_of
from bench.stage import IssuedCard, Stage, answer
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT
from cardsvc.service_records import CardOnRecord, Challenge, DecisionRecord, ServicePolicy
from cardsvc.terms import AssuranceLevel
from verification.card_certificate import read_card_certificate
from verification.challenge import message_of
from verification.decide import DecisionDesk, decide
from verification.path.names import parse_name
from verification.presentation import UnverifiedPresentation
from verification.verdict import Granted
from verification.verify import Verifier

_ECDSA = ec.ECDSA(hashes.SHA256())


class MemoryPorts:
    """Cards, policy and log of one process: what the core costs and nothing else."""

    def __init__(self, cards: dict[CardGuid, CardOnRecord], policy: ServicePolicy) -> None:
        self._cards = cards
        self._policy = policy
        self.last: DecisionRecord | None = None

    def record(self, decision: DecisionRecord, answered: Challenge | None = None) -> bool:
        """Keep the last decision; the same questions are answered in every round."""
        self.last = decision
        return answered is not None

    def record_all(
        self, decisions: Sequence[tuple[DecisionRecord, Challenge | None]]
    ) -> Sequence[bool]:
        """Keep the last decision."""
        return [self.record(decision, answered) for decision, answered in decisions]

    def card(self, guid: CardGuid) -> CardOnRecord | None:
        return self._cards.get(guid)

    def policy(self) -> ServicePolicy:
        return self._policy


@dataclass(frozen=True)
class _Cards:
    ports: MemoryPorts

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        return self.ports.card(guid)

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        return {guid: found for guid in guids if (found := self.find(guid)) is not None}


@dataclass(frozen=True)
class _Policies:
    ports: MemoryPorts

    def knows(self, _relying_party: str) -> bool:
        return True

    def find(self, _relying_party: str, _service: str, _at: datetime) -> ServicePolicy:
        return self.ports.policy()


@dataclass(frozen=True)
class Question:
    """A challenge as it went out, and a card's answer."""

    challenge: Challenge
    presentation: UnverifiedPresentation


def measure_core(
    stage: Stage, cards: Sequence[IssuedCard], *, rounds: int = 60
) -> list[Measurement]:
    """Measure X1 and X2, for cards seen before and for cards never seen."""
    found = []
    for level in (AssuranceLevel.X1, AssuranceLevel.X2):
        questions = [_asked(stage, card, level) for card in cards]
        known, new, bare = best_of(
            rounds,
            _core(stage, cards, questions, level, forgets=False),
            _core(stage, cards, questions, level, forgets=True),
            bare_operations(stage, questions),
        )
        verifications = 2 if level is AssuranceLevel.X1 else 4
        detail = f"bare: {verifications} P-256 verifications and 1 signature; {len(cards)} cards"
        found += [
            Measurement(f"core {level.name}, card seen before", known, "us", bare, detail),
            Measurement(f"core {level.name}, card never seen", new, "us", bare, detail),
        ]
    return found


def _asked(stage: Stage, issued: IssuedCard, level: AssuranceLevel) -> Question:
    challenge = stage.question(level)
    return Question(challenge, answer(issued.card, challenge, level).presentation)


def _core(
    stage: Stage,
    cards: Sequence[IssuedCard],
    questions: Sequence[Question],
    level: AssuranceLevel,
    *,
    forgets: bool,
) -> Callable[[], int]:
    installation = stage.installation
    directory = installation.services.desk.verifier.cards
    on_record = {card.guid: record for card in cards if (record := directory.find(card.guid))}
    real = installation.services.desk
    asked = questions[0].challenge
    policy = real.policies.find(asked.relying_party, asked.service, installation.clock.now())
    assert policy is not None
    ports = MemoryPorts(on_record, policy)
    verifier = Verifier(real.verifier.challenges, _Cards(ports), real.verifier.trusted)
    desk = DecisionDesk("cardsvc", verifier, _Policies(ports), real.receipts, ports)
    at = stage.installation.clock.now()
    identifier = "0190f1c0-0000-7000-8000-000000000000"

    def run() -> int:
        if forgets:
            read_card_certificate.cache_clear()
            parse_name.cache_clear()
        for question in questions:
            settled = decide(desk, question.presentation, decision_id=identifier, at=at)
            assert isinstance(settled.decision, Granted), settled.decision
            assert settled.decision.level is level
        return len(questions)

    return run


def bare_operations(stage: Stage, questions: Sequence[Question]) -> Callable[[], int]:
    """Return a rival for ``best_of`` that does the bare signature operations."""
    signing = ec.generate_private_key(ec.SECP256R1())
    issuers = {
        certificate.subject: certificate.public_key()
        for certificate in stage.installation.pki.issuing_certificates.values()
    }
    work = [_signatures(question, issuers) for question in questions]

    def run() -> int:
        for message, signed in work:
            for key, signature, octets in signed:
                key.verify(signature, octets, _ECDSA)
            signing.sign(message, _ECDSA)
        return len(work)

    return run


def _signatures(
    question: Question, issuers: Mapping[x509.Name, object]
) -> tuple[bytes, list[tuple[ec.EllipticCurvePublicKey, bytes, bytes]]]:
    message = message_of(question.challenge)
    found = []
    for slot, proof in question.presentation.proofs.items():
        octets = question.presentation.objects[CERTIFICATE_OBJECT[slot]]
        certificate = parse_certificate_object(octets)
        key, issuer = certificate.public_key(), issuers[certificate.issuer]
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert isinstance(issuer, ec.EllipticCurvePublicKey)
        found += [
            (key, proof, message),
            (issuer, certificate.signature, certificate.tbs_certificate_bytes),
        ]
    return message, found
