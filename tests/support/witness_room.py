"""An audit log, its witness in a folder, and the desk that asks it without a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.witness_store import SqlWitnesses
from cardsvc.witness_records import LogWitness
from keys.note_keys import NoteKey, WitnessKey, log_key, make_witness_key, sign_checkpoint
from keys.signers import key_id
from tests.support.issuance_store_contract import AT
from web.witness.asking import HttpAnswer, WitnessDesk
from web.witness.state import WitnessFolder
from web.witness.witness import Witness

NAME = "nhan-chung.example/w1"


class MemoryLogKey:
    """The audit log's key without a vault."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key()

    @property
    def key_id(self) -> str:
        return key_id(self.public_key)

    def sign(self, octets: bytes) -> bytes:
        return self._key.sign(octets, ec.ECDSA(hashes.SHA256()))


class WitnessRoom:
    """Everything of a witnessed log."""

    def __init__(self, database: Database, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.signer = MemoryLogKey()
        self.key: WitnessKey = make_witness_key(folder / "witness.key", NAME)
        self.state = WitnessFolder(folder)
        self.witness = Witness(self.state, self.key, NoteKey.parse)
        self.origin = log_key(self.signer).name
        self.state.add(self.origin, log_key(self.signer).text)
        self.calls: list[tuple[str, bytes]] = []
        self.change: Callable[[HttpAnswer], HttpAnswer] = lambda answer: answer
        self.named = LogWitness(NAME, self.key.public.text, "http://witness")
        self.desk = self.desk_of(database)

    def desk_of(self, database: Database) -> WitnessDesk:
        """Return the desk of a database that has this log's key."""
        self.log = AuditLog(database)
        book = SqlWitnesses(database)
        desk = WitnessDesk(
            self.log, book, self.origin, partial(sign_checkpoint, self.signer), NoteKey.parse,
            self._call,
        )  # fmt: skip
        if not book.all():
            book.put(self.named, operator="admin", at=AT)
        return replace(desk)

    def grow(self, entries: int, text: str = "a") -> None:
        for number in range(entries):
            self.log.record(AuditEvent(AT, "mai", AuditAction.CEREMONY, f"{text}-{number}"))

    def _call(self, method: str, url: str, body: bytes) -> HttpAnswer:
        self.calls.append((f"{method} {url}", body))
        if method == "POST":
            answer = self.witness.add_checkpoint(body, AT)
        else:
            answer = self.witness.latest(url.removeprefix("http://witness/checkpoint/"), AT)
        return self.change(HttpAnswer(answer.status, answer.body))
