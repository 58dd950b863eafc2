"""One file per card, 0600, written whole or not at all.

The keys inside are not enciphered: a virtual card is a tester's, and holds no one's secrets.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import CardError, Malformed, ReasonCode
from reader_agent import platform

from .state import CardOptions, CardState, ManagementKey, PinState, VendorInstructions
from .stored_key import KeyOrigin, PinPolicy, StoredKey, algorithm_of

FORMAT = 1
_MAX_SERIAL = 0xFFFFFFFF

_T = TypeVar("_T")


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: object) -> bytes:
    return base64.b64decode(_typed(text, str), validate=True)


def _typed(value: object, kind: type[_T]) -> _T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"not {kind.__name__}")
    return value


def encode_state(state: CardState) -> bytes:
    """Return a card's state as JSON text."""
    return json.dumps(
        {
            "format": FORMAT,
            "serial": state.serial,
            "options": asdict(state.options),
            "pin": _encode_pin(state.pin),
            "puk": _encode_pin(state.puk),
            "management_key": {
                "algorithm": int(state.management_key.algorithm),
                "octets": _text(state.management_key.octets),
            },
            "objects": {f"{tag:X}": _text(content) for tag, content in state.objects.items()},
            "keys": {f"{slot:X}": _encode_key(key) for slot, key in state.keys.items()},
        },
        indent=1,
    ).encode("ascii")


def _encode_pin(pin: PinState) -> dict[str, object]:
    return {"octets": _text(pin.octets), "tries": pin.tries, "limit": pin.limit}


def _encode_key(key: StoredKey) -> dict[str, object]:
    pkcs8 = key.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {"pkcs8": _text(pkcs8), "pin_policy": int(key.pin_policy), "origin": int(key.origin)}


def parse_state(text: bytes) -> CardState:
    """Parse what ``encode_state`` wrote.

    Raises:
        Malformed: anything else.
    """
    try:
        return _parse(_typed(json.loads(text), dict))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "not a virtual card's state") from error
    except (CardError, UnsupportedAlgorithm) as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a key this card can't hold") from error


def _parse(fields: dict[str, Any]) -> CardState:
    if fields["format"] != FORMAT or len(fields) != 8:
        raise ValueError("another format")
    serial = _typed(fields["serial"], int)
    if not 0 <= serial <= _MAX_SERIAL:
        raise ValueError("the serial number does not fit 4 octets")
    key = fields["management_key"]
    state = CardState(
        ManagementKey(Algorithm(_typed(key["algorithm"], int)), _octets(key["octets"])),
        _parse_pin(fields["pin"]),
        _parse_pin(fields["puk"]),
        _parse_options(_typed(fields["options"], dict)),
        serial,
    )
    for tag, content in _typed(fields["objects"], dict).items():
        state.put_object(int(tag, 16), _octets(content))
    for slot, stored in _typed(fields["keys"], dict).items():
        state.keys[KeySlot(int(slot, 16))] = _parse_key(stored)
    return state


def _parse_pin(fields: dict[str, Any]) -> PinState:
    octets, tries, limit = _octets(fields["octets"]), fields["tries"], fields["limit"]
    if len(octets) != 8 or not 0 <= _typed(tries, int) <= _typed(limit, int) <= 15:
        raise ValueError("not a PIN")
    return PinState(octets, tries, limit)


def _parse_options(fields: dict[str, Any]) -> CardOptions:
    vendor = VendorInstructions(fields.pop("vendor"))
    return CardOptions(vendor=vendor, **{name: _typed(on, bool) for name, on in fields.items()})


def _parse_key(fields: dict[str, Any]) -> StoredKey:
    private_key = serialization.load_der_private_key(_octets(fields["pkcs8"]), None)
    algorithm_of(private_key)
    return StoredKey(
        private_key,  # type: ignore[arg-type]  # algorithm_of has just told the kind
        PinPolicy(fields["pin_policy"]),
        KeyOrigin(fields["origin"]),
    )


class FileStore:
    """A card's file.

    Args:
        path: where it is or will be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, state: CardState) -> None:
        """Replace the file whole: temporary file, fsync, rename, fsync of the folder.

        Raises:
            OSError: not written; the old file stands.
        """
        content = encode_state(state)
        descriptor, name = tempfile.mkstemp(prefix=self.path.name, dir=self.path.parent)  # 0600
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        platform.flush_folder(self.path.parent)

    def load(self) -> CardState:
        """Read the card's state.

        Raises:
            OSError: no such file.
            Malformed: not a card's state.
        """
        return parse_state(self.path.read_bytes())

    def load_or_create(self, create: Callable[[], CardState]) -> CardState:
        """Read the card's state, or save and return a new card's where there is no file.

        Raises:
            OSError: the file can't be read or written.
            Malformed: the file is not a card's state.
        """
        if self.path.exists():
            return self.load()
        state = create()
        self.save(state)
        return state
