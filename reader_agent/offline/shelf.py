"""The bundle on the agent's disk: parts by their hash, the accepted head, the keys, the time.

Every file is written whole and then put in its place, so that a crash leaves the former one. A
file that was changed by hand fails its hash or its signature, and is as if it were not there; what
can't be undone by putting older files back is said in ADR 0019.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cardsvc.errors import Malformed
from cardsvc.wire.fields import Fields, encode_object, parse_object

_MANIFEST, _KEYS, _FLOOR = "manifest.jws", "keys.json", "floor.json"
_PART = re.compile(r"[0-9a-f]{64}")
_PRIVATE_FILE = 0o600
_MAX_HEAD_OCTETS = 32_768


@dataclass(frozen=True, slots=True)
class Floor:
    """Below what nothing may go back, also where the bundle itself was put back or lost.

    Args:
        seq: the greatest number of a bundle that was accepted.
        latest: the last moment that is known for certain.
    """

    seq: int
    latest: datetime


class Shelf:
    """Reads and writes the files.

    Args:
        folder: within the agent's data folder; made where it is not there.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._parts = folder, folder / "parts"
        self._parts.mkdir(mode=0o700, parents=True, exist_ok=True)

    def manifest(self) -> str | None:
        """Return the last accepted manifest's token, None where there is none."""
        octets = self._read(_MANIFEST)
        return None if octets is None else octets.decode("ascii", "replace")

    def put_manifest(self, token: str) -> None:
        """Keep an accepted manifest's token in the place of the last."""
        self._write(self._folder / _MANIFEST, token.encode("ascii"))

    def keys(self) -> dict[str, Any] | None:
        """Return the keys that bundles are believed from, None before the first contact."""
        octets = self._read(_KEYS)
        try:
            return None if octets is None else parse_object(octets)
        except Malformed:
            return None

    def put_keys(self, key_set: dict[str, Any]) -> None:
        """Keep the keys; from now on no others are believed."""
        self._write(self._folder / _KEYS, encode_object(key_set))

    def floor(self) -> Floor | None:
        """Return what we know for certain from before the restart."""
        octets = self._read(_FLOOR)
        try:
            if octets is None:
                return None
            fields = Fields(parse_object(octets), ("seq", "latest"))
            latest = fields.second("latest")
            return Floor(fields.number("seq", most=2**53 - 1), latest)
        except Malformed:
            return None

    def put_floor(self, floor: Floor) -> None:
        """Keep what we know for certain."""
        seconds = int(floor.latest.timestamp())
        octets = encode_object({"seq": floor.seq, "latest": seconds})
        self._write(self._folder / _FLOOR, octets)

    def part(self, sha256: bytes) -> bytes | None:
        """Return a part, None where it is not there or was changed."""
        try:
            octets = (self._parts / sha256.hex()).read_bytes()
        except OSError:
            return None
        return octets if hashlib.sha256(octets).digest() == sha256 else None

    def put_part(self, sha256: bytes, octets: bytes) -> None:
        """Keep a part that was checked; its hash tells whether a crash tore it."""
        self._write(self._parts / sha256.hex(), octets, flush=False)

    def parts(self) -> set[bytes]:
        """Return the names of all parts."""
        names = (file.name for file in self._parts.iterdir())
        return {bytes.fromhex(name) for name in names if _PART.fullmatch(name)}

    def has_part(self, sha256: bytes) -> bool:
        """Tell whether there is a part of that name; whether it was changed is seen on reading."""
        return (self._parts / sha256.hex()).is_file()

    def keep_only(self, wanted: Iterable[bytes]) -> None:
        """Throw parts of former bundles away."""
        names = {one.hex() for one in wanted}
        for file in self._parts.iterdir():
            if file.name not in names:
                file.unlink(missing_ok=True)

    def _read(self, name: str) -> bytes | None:
        try:
            with (self._folder / name).open("rb") as file:
                return file.read(_MAX_HEAD_OCTETS)
        except OSError:
            return None

    @staticmethod
    def _write(file: Path, octets: bytes, *, flush: bool = True) -> None:
        draft = file.with_name(file.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(octets)
            if flush:
                opened.flush()
                os.fsync(opened.fileno())
        draft.replace(file)


class PartsAtHand(Mapping[bytes, bytes]):
    """The parts of one bundle: on the shelf, read when they are asked for and checked each time.

    A province's cards are many megabytes, of which a door needs a few kilobytes at a time. What the
    disk did not take is kept in memory.

    Args:
        shelf: where they are.
        spare: parts that the disk did not take before.
    """

    def __init__(self, shelf: Shelf, spare: Mapping[bytes, bytes] | None = None) -> None:
        self._shelf = shelf
        self.spare = dict(spare or {})
        self.damaged = False

    def __getitem__(self, sha256: bytes) -> bytes:
        octets = self.spare.get(sha256)
        if octets is None:
            octets = self._shelf.part(sha256)
        if octets is None:
            self.damaged = True
            raise KeyError(sha256)
        return octets

    def __contains__(self, sha256: object) -> bool:
        return isinstance(sha256, bytes) and (sha256 in self.spare or self._shelf.has_part(sha256))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._shelf.parts() | self.spare.keys())

    def __len__(self) -> int:
        return len(self._shelf.parts() | self.spare.keys())

    def add(self, sha256: bytes, octets: bytes) -> None:
        """Keep a part that was checked; in memory where the disk takes nothing."""
        try:
            self._shelf.put_part(sha256, octets)
        except OSError:
            self.spare[sha256] = octets
