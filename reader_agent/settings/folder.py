"""Settings from afar on the agent's disk: those that run, those being tried, and what is known.

Every file is written whole or not at all and is the agent's alone. A file that was changed by
hand fails its signature, and the agent runs by the machine's own configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cardsvc.errors import CardError, Malformed
from cardsvc.wire.fields import Fields, encode_object, parse_object
from reader_agent.private_file import read_private, write_private

_CURRENT, _TRIAL, _NOTES = "current.jws", "trial.jws", "notes.json"
_FIELDS = ("floor", "tried", "refused_seq", "refused", "where")


@dataclass(frozen=True, slots=True)
class SettingsNotes:
    """What must outlive a restart beside the settings themselves.

    Args:
        floor: the greatest number that was ever taken; nothing below it comes back.
        tried: the version whose trial was interrupted once by the end of the process.
        refused_seq: the last version that was not taken.
        refused: why, a reason code.
        where: the entry or part that it failed at.
    """

    floor: int = 0
    tried: int | None = None
    refused_seq: int | None = None
    refused: str | None = None
    where: str | None = None


def parse_settings_notes(octets: bytes) -> SettingsNotes:
    """Parse the notes.

    Raises:
        Malformed: not what was written.
    """
    fields = Fields(parse_object(octets), _FIELDS)
    return SettingsNotes(
        floor=fields.number("floor"),
        tried=fields.number("tried") if fields.has("tried") else None,
        refused_seq=fields.number("refused_seq") if fields.has("refused_seq") else None,
        refused=fields.text("refused") if fields.has("refused") else None,
        where=fields.text("where", most=300) if fields.has("where") else None,
    )


class SettingsFolder:
    """Reads and writes the files.

    Args:
        folder: within the agent's data folder; made where it is not there.

    Raises:
        OSError: it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def current(self) -> str | None:
        """Return the settings that proved themselves last, as they were signed; or None."""
        return self._read(_CURRENT)

    def trial(self) -> str | None:
        """Return the settings that were being tried when the process ended, or None."""
        return self._read(_TRIAL)

    def begin_trial(self, token: str) -> None:
        """Note that these settings are being tried.

        Raises:
            OSError: it can't be written.
        """
        write_private(self._folder / _TRIAL, token.encode("ascii"))

    def keep_trial(self) -> None:
        """Make the settings that were tried those that run.

        Raises:
            OSError: it can't be written.
        """
        (self._folder / _TRIAL).replace(self._folder / _CURRENT)

    def end_trial(self) -> None:
        """Forget the settings that were tried.

        Raises:
            OSError: it can't be written.
        """
        (self._folder / _TRIAL).unlink(missing_ok=True)

    def notes(self) -> SettingsNotes:
        """Return what is known from before; nothing where the file is not what was written."""
        text = self._read(_NOTES)
        try:
            return SettingsNotes() if text is None else parse_settings_notes(text.encode())
        except Malformed:
            return SettingsNotes()

    def put_notes(self, notes: SettingsNotes) -> None:
        """Keep what is known.

        Raises:
            OSError: it can't be written.
        """
        found = {name: getattr(notes, name) for name in _FIELDS}
        octets = encode_object({name: one for name, one in found.items() if one is not None})
        write_private(self._folder / _NOTES, octets)

    def _read(self, name: str) -> str | None:
        try:
            return read_private(self._folder / name).decode("utf-8", "replace")
        except CardError:
            return None
