"""Checkpoints of the audit log as text, and what a witness is asked: parsed, encoded, not trusted.

Spec: C2SP tlog-checkpoint 1.0.0, signed-note 1.0.0, tlog-witness (add-checkpoint). A checkpoint is
a tree head in three lines with signature lines below; witnesses add lines of their own.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.merkle import HASH_OCTETS

MAX_NOTE_OCTETS = 65_536
MOST_SIGNATURES = 16
"""signed-note: verifiers must accept at least so many."""
MOST_PROOF_LINES = 63
"""tlog-witness: a client must not send more."""
KEY_HASH_OCTETS = 4
_MOST_NAME_CHARACTERS = 200
_MOST_SIGNATURE_OCTETS = 2048
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_MOST_SIZE = 2**63 - 1
_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log, by the log's name.

    Args:
        origin: the log's name.
        size: number of entries.
        root_hash: MTH over them (RFC 6962 section 2.1), 32 octets.
    """

    origin: str
    size: int
    root_hash: bytes

    @property
    def text(self) -> bytes:
        """The octets that are signed."""
        return f"{self.origin}\n{self.size}\n{_encode64(self.root_hash)}\n".encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line; nothing in it is trusted yet.

    Args:
        name: the key's name.
        key_hash: 4 octets that tell keys of one name apart.
        octets: the signature, as its kind has it.
    """

    name: str
    key_hash: bytes
    octets: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note."""
        return f"{_DASH}{self.name} {_encode64(self.key_hash + self.octets)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was received.

    Args:
        checkpoint: what it says.
        text: the octets that are signed, extension lines included.
        signatures: in their order.
    """

    checkpoint: Checkpoint
    text: bytes
    signatures: tuple[NoteSignature, ...]

    @property
    def note(self) -> bytes:
        """The whole note."""
        return self.text + b"\n" + encode_signatures(self.signatures)


@dataclass(frozen=True, slots=True)
class CosigningRequest:
    """What a witness is asked to cosign.

    Args:
        old_size: of the checkpoint that it cosigned last.
        proof: that the new one extends it (RFC 6962 section 2.1.2).
        signed: the new checkpoint, signed by the log.
    """

    old_size: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    def encode(self) -> bytes:
        """Return the body of ``add-checkpoint``."""
        lines = [f"old {self.old_size}", *(_encode64(one) for one in self.proof), "", ""]
        return "\n".join(lines).encode() + self.signed.note


def encode_signatures(signatures: Sequence[NoteSignature]) -> bytes:
    """Return signature lines."""
    return "".join(one.line for one in signatures).encode()


def parse_checkpoint(octets: bytes) -> SignedCheckpoint:
    """Parse a signed checkpoint.

    Raises:
        Malformed: another form (MALFORMED_CHECKPOINT).
    """
    note = _text(octets)
    text, separator, lines = note.rpartition("\n\n")
    if not separator:
        _refuse("a note has a blank line before its signatures")
    says = text.split("\n")
    if len(says) < 3 or not all(says):
        _refuse("a checkpoint has three lines or more, and none is empty")
    origin, size, root, *_ = says
    if len(origin) > _MOST_NAME_CHARACTERS:
        _refuse("the log has a very long name")
    checkpoint = Checkpoint(origin, parse_size(size), _decode64(root, HASH_OCTETS))
    return SignedCheckpoint(checkpoint, f"{text}\n".encode(), parse_signatures(lines.encode()))


def parse_signatures(octets: bytes) -> tuple[NoteSignature, ...]:
    """Parse one or more signature lines.

    Raises:
        Malformed: another form (MALFORMED_CHECKPOINT).
    """
    *lines, rest = _text(octets).split("\n")
    if rest or not 0 < len(lines) <= MOST_SIGNATURES:
        _refuse("1 to 16 whole signature lines are needed")
    return tuple(_parse_signature(line) for line in lines)


def _parse_signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        _refuse("a signature begins with a dash")
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not space or not is_key_name(name):
        _refuse("a signature has a key's name")
    octets = _decode64(encoded)
    if not KEY_HASH_OCTETS < len(octets) <= KEY_HASH_OCTETS + _MOST_SIGNATURE_OCTETS:
        _refuse("a signature is empty or too long")
    return NoteSignature(name, octets[:KEY_HASH_OCTETS], octets[KEY_HASH_OCTETS:])


def parse_cosigning_request(octets: bytes) -> CosigningRequest:
    """Parse the body of ``add-checkpoint``.

    Raises:
        Malformed: another form (MALFORMED_CHECKPOINT).
    """
    head, separator, note = _text(octets).partition("\n\n")
    first, *proof = head.split("\n")
    if not separator or not first.startswith("old ") or len(proof) > MOST_PROOF_LINES:
        _refuse("a request says the old size, then a proof")
    old_size = parse_size(first.removeprefix("old "))
    hashes = tuple(_decode64(line, HASH_OCTETS) for line in proof)
    return CosigningRequest(old_size, hashes, parse_checkpoint(note.encode()))


def parse_size(text: str) -> int:
    """Parse the size of a tree: decimal, without leading zeros.

    Raises:
        Malformed: another form (MALFORMED_CHECKPOINT).
    """
    if _SIZE.fullmatch(text) is None or int(text) > _MOST_SIZE:
        _refuse("not the size of a tree")
    return int(text)


def is_key_name(text: str) -> bool:
    """Tell whether a text may name a key: not empty, no spaces, no plus (signed-note)."""
    printable = text.isprintable() and not any(one.isspace() for one in text)
    return 0 < len(text) <= _MOST_NAME_CHARACTERS and printable and "+" not in text


def _text(octets: bytes) -> str:
    if len(octets) > MAX_NOTE_OCTETS:
        _refuse("too long")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        _refuse("not UTF-8")
    if any(one < " " and one != "\n" for one in text):
        _refuse("a control character")
    return text


def _encode64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _decode64(text: str, exactly: int | None = None) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        _refuse("not base64")
    if _encode64(octets) != text or (exactly is not None and len(octets) != exactly):
        _refuse("base64 of another length, or not canonical")
    return octets


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_CHECKPOINT, f"checkpoint: {message}")
