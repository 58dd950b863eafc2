"""The log's side: asks witnesses to cosign the log's head, and checks what they say of it.

Spec: C2SP tlog-witness. What a witness answers is parsed, bounded and verified like anything that
comes from outside; a log that lost its own memory is told by the witness's 409 where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

import urllib3

from cardsvc.checkpoint import (
    MAX_NOTE_OCTETS,
    Checkpoint,
    CosigningRequest,
    NoteSignature,
    SignedCheckpoint,
    parse_checkpoint,
    parse_signatures,
    parse_size,
)
from cardsvc.errors import CardsvcError, Malformed, ReasonCode, StoreError
from cardsvc.tree_head import TreeHead
from cardsvc.witness_records import Cosigned, LogWitness
from web.witness.ports import ParseKey

_SECONDS = 10.0


class ProvingLog(Protocol):
    """The log; ``cardsvc.store.audit_log.AuditLog`` is one."""

    def head(self, at: datetime) -> TreeHead:
        """Return the tree head as it stands, unsigned."""
        ...

    def prove_consistency(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Prove that the log at ``second`` entries extends the log at ``first``."""
        ...


class WitnessBook(Protocol):
    """Witnesses on record; ``cardsvc.store.witness_store.SqlWitnesses`` is one."""

    def put(self, witness: LogWitness, *, operator: str, at: datetime) -> None:
        """Ask a witness from now on, or ask it elsewhere."""
        ...

    def all(self) -> Sequence[LogWitness]:
        """Return all witnesses by name."""
        ...

    def keep(self, cosigned: Cosigned) -> None:
        """Keep a checkpoint that a witness cosigned."""
        ...

    def last_size(self, witness: str) -> int:
        """Return the size that a witness cosigned last, 0 for none."""
        ...

    def cosigned(self) -> Sequence[Cosigned]:
        """Return all that was cosigned, smallest first."""
        ...


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: status and at most 64 KiB of a body."""

    status: int
    body: bytes


Call = Callable[[str, str, bytes], HttpAnswer]
"""Calls an address: method, address, body.

Raises:
    CardsvcError: nobody answers (NETWORK_FAILED).
"""


def call_by_http(method: str, url: str, body: bytes) -> HttpAnswer:
    """Call an address once; no redirect is followed.

    Raises:
        StoreError: nobody answers, or without end (NETWORK_FAILED).
    """
    try:
        answer = urllib3.request(
            method, url, body=body or None, timeout=_SECONDS, retries=False, preload_content=False
        )
        try:
            octets = answer.read(MAX_NOTE_OCTETS + 1)
        finally:
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise StoreError(ReasonCode.NETWORK_FAILED, "the witness does not answer") from error
    return HttpAnswer(answer.status, octets)


@dataclass(frozen=True, slots=True)
class WitnessDesk:
    """Asks witnesses.

    Args:
        log: proves.
        book: witnesses, and what they cosigned.
        origin: the log's name.
        sign: signs a checkpoint as the log.
        parse_key: parses witnesses' keys.
        call: calls witnesses.
    """

    log: ProvingLog
    book: WitnessBook
    origin: str
    sign: Callable[[Checkpoint], NoteSignature]
    parse_key: ParseKey
    call: Call = call_by_http

    def ask_all(self, at: datetime) -> int:
        """Have the log's head cosigned by every witness that has an address; return by how many.

        Raises:
            CardsvcError: of the first that did not; the others were asked all the same.
        """
        failed: CardsvcError | None = None
        done = 0
        for witness in self.book.all():
            if not witness.url:
                continue
            try:
                self.ask(witness, at)
                done += 1
            except CardsvcError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return done

    def ask(self, witness: LogWitness, at: datetime) -> Cosigned:
        """Have the log's head cosigned by one witness.

        Raises:
            StoreError: it can't be reached (NETWORK_FAILED); it does not cosign, or what it
                answers is no cosignature (WITNESS_REFUSED); it has seen a longer log or another
                one (AUDIT_BROKEN).
        """
        request = self.request(witness, at)
        answer = self._send(witness, request)
        if answer.status == 409:
            # it cosigned more than we know of: our database was set back, or its answer was lost
            size = _size_of(answer.body)
            if size > request.signed.checkpoint.size:
                message = f"{witness.name} has seen {size} entries of this log"
                raise StoreError(ReasonCode.AUDIT_BROKEN, message)
            proof = self.log.prove_consistency(size, request.signed.checkpoint.size) if size else ()
            request = replace(request, old_size=size, proof=proof)
            answer = self._send(witness, request)
        if answer.status in {409, 422}:
            message = f"{witness.name} has seen another log of this name"
            raise StoreError(ReasonCode.AUDIT_BROKEN, message)
        if answer.status != 200:
            message = f"{witness.name} answers {answer.status}"
            raise StoreError(ReasonCode.WITNESS_REFUSED, message)
        return self.take(witness, request.signed, answer.body)

    def request(self, witness: LogWitness, at: datetime) -> CosigningRequest:
        """Return what a witness is to be asked."""
        head = self.log.head(at)
        checkpoint = Checkpoint(self.origin, head.size, head.root_hash)
        signed = SignedCheckpoint(checkpoint, checkpoint.text, (self.sign(checkpoint),))
        old_size = self.book.last_size(witness.name)
        if old_size > head.size:
            message = f"{witness.name} cosigned {old_size} entries, there are {head.size}"
            raise StoreError(ReasonCode.AUDIT_BROKEN, message)
        proof = self.log.prove_consistency(old_size, head.size) if old_size else ()
        return CosigningRequest(old_size, proof, signed)

    def take(self, witness: LogWitness, signed: SignedCheckpoint, answer: bytes) -> Cosigned:
        """Keep a witness's cosignature.

        Raises:
            StoreError: it is none of that witness, or of another checkpoint (WITNESS_REFUSED).
        """
        if signed.checkpoint.origin != self.origin:
            raise StoreError(ReasonCode.WITNESS_REFUSED, "a checkpoint of another log")
        key = self.parse_key(witness.key)
        try:
            lines = parse_signatures(answer)
        except Malformed as error:
            raise StoreError(ReasonCode.WITNESS_REFUSED, "not a cosignature") from error
        for line in lines:
            at = key.cosigned_at(signed.text, line)
            if at is not None:
                note = replace(signed, signatures=(*signed.signatures, line)).note
                cosigned = Cosigned(witness.name, signed.checkpoint.size, at, note)
                self.book.keep(cosigned)
                return cosigned
        raise StoreError(ReasonCode.WITNESS_REFUSED, f"{witness.name} did not cosign this")

    def heads_on_record(self) -> Sequence[TreeHead]:
        """Return the heads that witnesses cosigned, as our own database has them.

        Raises:
            StoreError: what was kept was not cosigned by its witness (AUDIT_BROKEN).
        """
        witnesses = {one.name: one for one in self.book.all()}
        return [self.head_of(one.note, [witnesses[one.witness]]) for one in self.book.cosigned()]

    def heads_of_witnesses(self) -> Sequence[TreeHead]:
        """Fetch the last head that each witness remembers.

        Raises:
            StoreError: a witness can't be reached (NETWORK_FAILED), or answers something else
                (WITNESS_REFUSED).
        """
        heads = []
        for witness in self.book.all():
            if not witness.url:
                continue
            url = f"{witness.url}/checkpoint/{quote(self.origin)}"
            answer = self.call("GET", url, b"")
            if answer.status == 404:
                continue  # it has cosigned nothing yet
            if answer.status != 200:
                message = f"{witness.name} answers {answer.status}"
                raise StoreError(ReasonCode.WITNESS_REFUSED, message)
            heads.append(self.head_of(answer.body, [witness]))
        return heads

    def head_of(self, note: bytes, witnesses: Sequence[LogWitness]) -> TreeHead:
        """Return the head of a note that one of these witnesses cosigned.

        Raises:
            StoreError: none did, or it is of another log (AUDIT_BROKEN).
        """
        try:
            signed = parse_checkpoint(note)
        except Malformed as error:
            raise StoreError(ReasonCode.AUDIT_BROKEN, "not a cosigned checkpoint") from error
        checkpoint = signed.checkpoint
        for witness in witnesses:
            key = self.parse_key(witness.key)
            for line in signed.signatures:
                at = key.cosigned_at(signed.text, line)
                if at is not None and checkpoint.origin == self.origin:
                    return TreeHead(checkpoint.size, checkpoint.root_hash, at)
        message = f"the checkpoint of {checkpoint.size} entries was not cosigned"
        raise StoreError(ReasonCode.AUDIT_BROKEN, message)

    def _send(self, witness: LogWitness, request: CosigningRequest) -> HttpAnswer:
        return self.call("POST", f"{witness.url}/add-checkpoint", request.encode())


def _size_of(body: bytes) -> int:
    try:
        return parse_size(body.decode("ascii").removesuffix("\n"))
    except (Malformed, UnicodeDecodeError) as error:
        message = "the witness says no size"
        raise StoreError(ReasonCode.WITNESS_REFUSED, message) from error
