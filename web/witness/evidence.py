"""Evidence that a receipt's decision stands in the audit log, checked years later without the log.

One JSON object: the log's entry as it was hashed, its place and path (RFC 6962 section 2.1.1), and
the checkpoint that it leads to, signed by the log and by witnesses. The entry holds the exact
reasons, which partners are not told: evidence is for auditors and courts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Protocol

from cardsvc.audit import AuditAction
from cardsvc.audit_encoding import encode_event, parse_event
from cardsvc.audit_reading import InclusionProof, LoggedEvent
from cardsvc.checkpoint import parse_checkpoint
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.merkle import HASH_OCTETS, leaf_hash, verify_inclusion
from cardsvc.wire.fields import Fields, decode_octets, encode_octets, parse_object
from cardsvc.witness_records import Cosigned
from web.witness.ports import PublicNoteKey

_NAMES = ("entry", "place", "path", "checkpoint")
_MOST_PATH = 64


class EvidenceLog(Protocol):
    """The log; ``cardsvc.store.audit_log.AuditLog`` is one."""

    def events(
        self, *, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[LoggedEvent]:
        """Return events, newest first."""
        ...

    def prove_inclusion(self, seq: int, size: int | None = None) -> InclusionProof:
        """Prove that an entry is in the log."""
        ...


@dataclass(frozen=True, slots=True)
class Proved:
    """What evidence proves.

    Args:
        origin: of which log.
        place: of the entry, counted from 0.
        cosigned_at: when each witness vouched for the log, by its name.
    """

    origin: str
    place: int
    cosigned_at: dict[str, datetime]


def make_evidence(log: EvidenceLog, decision_id: str, cosigned: Sequence[Cosigned]) -> bytes:
    """Return the evidence of a decision, under the smallest cosigned checkpoint that holds it.

    Raises:
        StoreError: the log has no such decision (DECISION_UNKNOWN), or no witness has cosigned
            it yet (WITNESS_MISSING).
    """
    found = [
        one
        for one in log.events(subject=decision_id)
        if one.event.action is AuditAction.TAP_DECIDED
    ]
    if not found:
        raise StoreError(ReasonCode.DECISION_UNKNOWN, "the log has no such decision")
    entry = found[0]
    note = next((one for one in cosigned if one.size > entry.seq), None)
    if note is None:
        raise StoreError(ReasonCode.WITNESS_MISSING, "no witness has cosigned it yet")
    proof = log.prove_inclusion(entry.seq, note.size)
    body = {
        "entry": encode_event(entry.event).decode(),
        "place": entry.seq,
        "path": [encode_octets(one) for one in proof.path],
        "checkpoint": note.note.decode(),
    }
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"


def check_evidence(
    octets: bytes, receipt: str, log_key: PublicNoteKey, witnesses: Sequence[PublicNoteKey]
) -> Proved:
    """Check that a receipt's decision stood in a log when witnesses saw it.

    Args:
        octets: the evidence, not trusted yet.
        receipt: as the partner kept it; its own signature is checked elsewhere.
        log_key: the log's.
        witnesses: whose word is asked for; each has to have cosigned.

    Raises:
        StoreError: something does not fit (AUDIT_BROKEN).
        Malformed: not evidence.
    """
    value = parse_object(octets)
    fields = Fields(value, _NAMES)
    entry = fields.text("entry", most=16_384).encode()
    path = tuple(
        decode_octets(one, exactly=HASH_OCTETS) for one in fields.items("path", most=_MOST_PATH)
    )
    place = fields.number("place", most=2**53)
    event, signed = parse_event(entry), parse_checkpoint(_note(value.get("checkpoint")))
    if event.facts.get("receipt_sha256") != hashlib.sha256(receipt.encode()).hexdigest():
        _refuse("the entry is of another receipt")
    checkpoint = signed.checkpoint
    if not verify_inclusion(leaf_hash(entry), place, checkpoint.size, path, checkpoint.root_hash):
        _refuse("the entry does not lead to the checkpoint")
    if not any(log_key.verify(signed.text, one) for one in signed.signatures):
        _refuse("the log did not sign the checkpoint")
    cosigned_at: dict[str, datetime] = {}
    for witness in witnesses:
        for line in signed.signatures:
            at = witness.cosigned_at(signed.text, line)
            if at is not None:
                cosigned_at[witness.name] = at
        if witness.name not in cosigned_at:
            _refuse(f"{witness.name} did not cosign the checkpoint")
    return Proved(checkpoint.origin, place, cosigned_at)


def _note(text: object) -> bytes:
    if not isinstance(text, str):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "checkpoint is missing or of another type")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "checkpoint is no text") from error


def _refuse(message: str) -> NoReturn:
    raise StoreError(ReasonCode.AUDIT_BROKEN, message)
