"""Witnesses of the audit log, and what they cosigned, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LogWitness:
    """A witness that we ask.

    Args:
        name: its key's name.
        key: its public key as one line.
        url: where it is asked, without a final slash; empty for one that is brought its requests.
    """

    name: str
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that a witness cosigned.

    Args:
        witness: its name.
        size: of the log then.
        at: when it was cosigned.
        note: the checkpoint with our signature and the witness's.
    """

    witness: str
    size: int
    at: datetime
    note: bytes
