"""Keys that sign notes: the audit log's own (ECDSA) and those of witnesses (timestamped Ed25519).

Spec: C2SP signed-note 1.0.0 (signature types 0x02 and 0x04, verifier keys), tlog-cosignature
(``cosignature/v1``), RFC 8032. A key is passed on as one line, ``NAME+HASH+KEY``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from cardsvc.checkpoint import KEY_HASH_OCTETS, Checkpoint, NoteSignature, is_key_name
from cardsvc.errors import Malformed, ReasonCode
from keys.sealed_file import require_private

_ECDSA, _COSIGNATURE = 0x02, 0x04
_TIMESTAMP_OCTETS, _ED25519_OCTETS = 8, 64
_MOST_KEY_CHARACTERS = 1000
_MOST_TIMESTAMP = 253_402_300_799
"""The last second of the year 9999; the specification allows more than a calendar does."""
PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key by its name.

    Args:
        name: of the log or the witness.
        public_key: P-256 for a log, Ed25519 for a witness.
    """

    name: str
    public_key: PublicKey

    @classmethod
    def parse(cls, text: str) -> NoteKey:
        """Parse a verifier key.

        Raises:
            Malformed: another form (MALFORMED_CHECKPOINT).
        """
        name, key_hash, encoded = [*text.strip().split("+", 2), "", ""][:3]
        if len(text) > _MOST_KEY_CHARACTERS or not is_key_name(name):
            _refuse("a key is NAME+HASH+KEY")
        try:
            octets = base64.b64decode(encoded, validate=True)
            found = cls(name, _public_key(octets))
        except (ValueError, binascii.Error, UnsupportedAlgorithm, TypeError):
            _refuse("not a key of a kind that we know")
        if found.key_hash.hex() != key_hash:
            _refuse("the key's hash is another one")
        return found

    @property
    def is_witness(self) -> bool:
        """True for a key that cosigns, False for a log's own."""
        return isinstance(self.public_key, ed25519.Ed25519PublicKey)

    @property
    def key_hash(self) -> bytes:
        """The 4 octets that tell it from other keys of its name."""
        if isinstance(self.public_key, ec.EllipticCurvePublicKey):
            return hashlib.sha256(self._octets).digest()[:KEY_HASH_OCTETS]
        named = self.name.encode() + b"\n" + bytes([_COSIGNATURE]) + self._octets
        return hashlib.sha256(named).digest()[:KEY_HASH_OCTETS]

    @property
    def text(self) -> str:
        """The key as one line."""
        kind = _COSIGNATURE if self.is_witness else _ECDSA
        encoded = base64.b64encode(bytes([kind]) + self._octets).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"

    @property
    def _octets(self) -> bytes:
        if isinstance(self.public_key, ed25519.Ed25519PublicKey):
            return self.public_key.public_bytes_raw()
        return self.public_key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def made(self, signature: NoteSignature) -> bool:
        """Tell whether a signature line names this key; it may be a forgery all the same."""
        return (signature.name, signature.key_hash) == (self.name, self.key_hash)

    def verify(self, text: bytes, signature: NoteSignature) -> bool:
        """Tell whether the log's key made a signature over a note's text."""
        if not self.made(signature) or not isinstance(self.public_key, ec.EllipticCurvePublicKey):
            return False
        try:
            self.public_key.verify(signature.octets, text, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def cosigned_at(self, text: bytes, signature: NoteSignature) -> datetime | None:
        """Return when the witness cosigned a note's text; None where it did not."""
        key, octets = self.public_key, signature.octets
        if not self.made(signature) or not isinstance(key, ed25519.Ed25519PublicKey):
            return None
        if len(octets) != _TIMESTAMP_OCTETS + _ED25519_OCTETS:
            return None
        timestamp = int.from_bytes(octets[:_TIMESTAMP_OCTETS], "big")
        if timestamp > _MOST_TIMESTAMP:
            return None
        try:
            key.verify(octets[_TIMESTAMP_OCTETS:], _cosigned_octets(text, timestamp))
        except InvalidSignature:
            return None
        return datetime.fromtimestamp(timestamp, UTC)


class SignsOctets(Protocol):
    """The audit log's signer; ``keys.log_signer.LogSigner`` is one."""

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        ...

    @property
    def key_id(self) -> str:
        """The key's own name."""
        ...

    def sign(self, octets: bytes) -> bytes:
        """Return an ECDSA signature in DER."""
        ...


def log_key(signer: SignsOctets) -> NoteKey:
    """Return the log's key; its name, which is the log's origin, says which key it is."""
    return NoteKey(f"cardsvc/{signer.key_id}", signer.public_key)


def sign_checkpoint(signer: SignsOctets, checkpoint: Checkpoint) -> NoteSignature:
    """Sign a checkpoint as the log.

    What is signed begins with the log's name, an RFC 6962 tree head with an octet 0: neither
    signature can pass for the other.
    """
    key = log_key(signer)
    return NoteSignature(key.name, key.key_hash, signer.sign(checkpoint.text))


class WitnessKey:
    """A witness's private key.

    Args:
        name: the witness's.
        private_key: used for nothing else.
    """

    def __init__(self, name: str, private_key: ed25519.Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public = NoteKey(name, private_key.public_key())

    def cosign(self, text: bytes, at: datetime) -> NoteSignature:
        """Cosign a note's text, as of an instant."""
        timestamp = int(at.timestamp())
        signature = self._private_key.sign(_cosigned_octets(text, timestamp))
        octets = timestamp.to_bytes(_TIMESTAMP_OCTETS, "big") + signature
        return NoteSignature(self.public.name, self.public.key_hash, octets)


def make_witness_key(path: Path, name: str) -> WitnessKey:
    """Make a witness's key in a new file of mode 0600.

    Raises:
        OSError: the file is there, or can't be written.
        Malformed: not a name for a key (MALFORMED_CHECKPOINT).
    """
    if not is_key_name(name):
        _refuse("a name has no spaces and no plus")
    key = ed25519.Ed25519PrivateKey.generate()
    octets = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(f"{name}\n".encode() + octets)
        file.flush()
        os.fsync(file.fileno())
    return WitnessKey(name, key)


def read_witness_key(path: Path) -> WitnessKey:
    """Read a witness's key.

    Raises:
        OSError: there is none.
        VaultError: others may read the file.
        Malformed: not a key of ours (MALFORMED_CHECKPOINT).
    """
    require_private(path)
    name, _, octets = path.read_bytes().partition(b"\n")
    try:
        key = serialization.load_pem_private_key(octets, None)
        text = name.decode()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        _refuse("not a witness's key")
    if not isinstance(key, ed25519.Ed25519PrivateKey) or not is_key_name(text):
        _refuse("not a witness's key")
    return WitnessKey(text, key)


def _public_key(octets: bytes) -> PublicKey:
    kind, key = octets[:1], octets[1:]
    if kind == bytes([_COSIGNATURE]):
        return ed25519.Ed25519PublicKey.from_public_bytes(key)
    if kind == bytes([_ECDSA]):
        found = serialization.load_der_public_key(key)
        if isinstance(found, ec.EllipticCurvePublicKey) and isinstance(found.curve, ec.SECP256R1):
            return found
    raise ValueError("another kind of key")


def _cosigned_octets(text: bytes, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n".encode() + text


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_CHECKPOINT, message)
