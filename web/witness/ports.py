"""What a witness and those who ask one need, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.checkpoint import NoteSignature, SignedCheckpoint


class PublicNoteKey(Protocol):
    """A public key by its name; ``keys.note_keys.NoteKey`` is one."""

    @property
    def name(self) -> str:
        """The log's or witness's name."""
        ...

    @property
    def text(self) -> str:
        """The key as one line."""
        ...

    def made(self, signature: NoteSignature) -> bool:
        """Tell whether a signature line names this key."""
        ...

    def verify(self, text: bytes, signature: NoteSignature) -> bool:
        """Tell whether the log's key made a signature over a note's text."""
        ...

    def cosigned_at(self, text: bytes, signature: NoteSignature) -> datetime | None:
        """Return when the witness cosigned a note's text; None where it did not."""
        ...


class CosigningKey(Protocol):
    """A witness's private key; ``keys.note_keys.WitnessKey`` is one."""

    def cosign(self, text: bytes, at: datetime) -> NoteSignature:
        """Cosign a note's text, as of an instant."""
        ...


ParseKey = Callable[[str], PublicNoteKey]
"""Parses a key's line."""


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that a witness watches.

    Args:
        key: the log's.
        last: the checkpoint that was cosigned last; None for none.
    """

    key: str
    last: SignedCheckpoint | None


class WitnessState(Protocol):
    """What a witness remembers; ``web.witness.state.WitnessFolder`` is one."""

    def log(self, origin: str) -> WitnessedLog | None:
        """Return a log that is watched, or None."""
        ...

    def move_on(self, origin: str, old_size: int, signed: SignedCheckpoint) -> bool:
        """Remember a checkpoint, durably; False where ``old_size`` is not the last one's."""
        ...
