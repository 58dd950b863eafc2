"""Both sides of witnessing, with the keys of each; nothing but wiring."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.witness_store import SqlWitnesses
from keys.log_signer import LogSigner
from keys.note_keys import NoteKey, log_key, make_witness_key, read_witness_key, sign_checkpoint
from web.witness.asking import WitnessDesk
from web.witness.state import WitnessFolder
from web.witness.witness import Witness

_KEY_FILE = "witness.key"


def witness_desk(database: Database, signer: LogSigner) -> WitnessDesk:
    """Return what asks the witnesses of our log."""
    return WitnessDesk(
        AuditLog(database),
        SqlWitnesses(database),
        log_key(signer).name,
        partial(sign_checkpoint, signer),
        NoteKey.parse,
    )


def log_key_text(signer: LogSigner) -> str:
    """Return our log's public key as a witness is told it."""
    return log_key(signer).text


def make_witness(folder: Path, name: str) -> str:
    """Make a witness in a folder; return its public key as logs are told it.

    Raises:
        OSError: there is one, or the folder can't be written to.
        Malformed: not a name for a key (MALFORMED_CHECKPOINT).
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return make_witness_key(folder / _KEY_FILE, name).public.text


def open_witness(folder: Path) -> Witness:
    """Open the witness of a folder.

    Raises:
        OSError: there is none.
        CardsvcError: its key can't be read.
    """
    return Witness(WitnessFolder(folder), read_witness_key(folder / _KEY_FILE), NoteKey.parse)


def watch_log(folder: Path, key_text: str) -> str | None:
    """Let a witness watch a log from now on; return its name, None where it is watched already.

    Raises:
        Malformed: not the key of a log (MALFORMED_CHECKPOINT).
    """
    key = NoteKey.parse(key_text)
    return key.name if WitnessFolder(folder).add(key.name, key.text) else None


def parse_note_key(text: str) -> NoteKey:
    """Parse the public key of a log or a witness.

    Raises:
        Malformed: not a key (MALFORMED_CHECKPOINT).
    """
    return NoteKey.parse(text)
