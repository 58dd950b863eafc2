"""Reading forms: what was typed is kept, and every fault is said at its field and in a summary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Protocol

from web.console.languages import Text

MAX_CHARACTERS = 200
_DAY = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
_TIME = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])")


class Sent(Protocol):
    """What a browser sent; werkzeug's MultiDict is one."""

    def getlist(self, key: str) -> list[str]:
        """Return all values of a field."""
        ...


@dataclass(frozen=True, slots=True)
class FieldError:
    """A fault of one field.

    Args:
        name: the field; also the id that the summary links to.
        text: what to do about it, in plain words.
    """

    name: str
    text: Text


@dataclass
class Form:
    """The values of a form and what is wrong with them; macros draw fields from it.

    Args:
        values: what stands in the fields.
        errors: what is wrong, in the order of the fields.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    @classmethod
    def of(cls, values: Mapping[str, str | Iterable[str]] | None = None) -> Form:
        """Return a form that nobody sent yet, with these values in it."""
        filled = {
            name: [value] if isinstance(value, str) else list(value)
            for name, value in (values or {}).items()
        }
        return cls(filled)

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        found = self.values.get(name)
        return found[0] if found else ""

    def has(self, name: str, value: str) -> bool:
        """Tell whether a choice is ticked."""
        return value in self.values.get(name, ())

    def error(self, name: str) -> FieldError | None:
        """Return the first fault of a field, or None."""
        return next((one for one in self.errors if one.name == name), None)

    def refuse(self, name: str, vi: str, en: str) -> None:
        """Add a fault."""
        self.errors.append(FieldError(name, Text(vi, en)))


class FormReader(Form):
    """A form that was sent: reads field by field and notes what is wrong.

    Each method keeps what was typed, so that the form can be shown again with nothing lost.
    """

    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self._sent = sent

    def text(
        self,
        name: str,
        label: Text,
        *,
        required: bool = True,
        longest: int = MAX_CHARACTERS,
    ) -> str:
        """Return a line of text: NFC, without blanks at the ends."""
        typed = self._keep(name)
        text = " ".join(unicodedata.normalize("NFC", typed).split())
        if required and not text:
            self.refuse(name, f"Nhập {_lower(label.vi)}", f"Enter {_lower(label.en)}")
        elif len(text) > longest:
            self.refuse(
                name,
                f"{label.vi} dài quá {longest} ký tự",
                f"{label.en} must be {longest} characters or fewer",
            )
        elif any(unicodedata.category(one) in {"Cc", "Cs", "Co"} for one in text):
            self.refuse(
                name,
                f"{label.vi} có ký tự không đọc được",
                f"{label.en} holds characters that can't be read",
            )
        return text

    def document(self, name: str, label: Text, *, longest: int) -> str:
        """Return a text of many lines; browsers send CR LF for their ends (HTML, form data set)."""
        typed = self._keep(name)
        text = typed.replace("\r\n", "\n")
        if not text.strip():
            self.refuse(name, f"Nhập {_lower(label.vi)}", f"Enter {_lower(label.en)}")
        elif len(text) > longest:
            self.refuse(
                name,
                f"{label.vi} dài quá {longest} ký tự",
                f"{label.en} must be {longest} characters or fewer",
            )
        return text

    def secret(self, name: str, label: Text) -> str:
        """Return a password or code exactly as typed; it is not shown again."""
        found = self._sent.getlist(name)
        typed = found[0] if found else ""
        if not typed:
            self.refuse(name, f"Nhập {_lower(label.vi)}", f"Enter {_lower(label.en)}")
        return typed

    def choice(self, name: str, label: Text, allowed: Sequence[str]) -> str | None:
        """Return the one value chosen, None where none of those allowed is."""
        typed = self._keep(name)
        if typed in allowed:
            return typed
        self.refuse(name, f"Chọn {_lower(label.vi)}", f"Select {_lower(label.en)}")
        return None

    def choices(
        self, name: str, label: Text, allowed: Sequence[str], *, required: bool = True
    ) -> list[str]:
        """Return the values ticked; those not allowed are left out."""
        typed = self._sent.getlist(name)
        self.values[name] = typed
        chosen = [one for one in allowed if one in typed]
        if required and not chosen:
            self.refuse(
                name,
                f"Chọn ít nhất một {_lower(label.vi)}",
                f"Select at least one {_lower(label.en)}",
            )
        return chosen

    def day(self, name: str, label: Text, *, required: bool = True) -> date | None:
        """Return a date typed as dd/mm/yyyy; one or two digits of day and month will do."""
        typed = self._keep(name).strip()
        if not typed:
            if required:
                self.refuse(name, f"Nhập {_lower(label.vi)}", f"Enter {_lower(label.en)}")
            return None
        written = _DAY.fullmatch(typed)
        try:
            if written is not None:
                return date(int(written["year"]), int(written["month"]), int(written["day"]))
        except ValueError:
            pass  # 31/02: as wrong as letters
        self.refuse(
            name,
            f"{label.vi} phải là ngày có thật, ví dụ 27/03/2026",
            f"{label.en} must be a real date, such as 27/03/2026",
        )
        return None

    def time_of_day(self, name: str, label: Text) -> time | None:
        """Return a time typed as 07:25 or 7:25."""
        written = _TIME.fullmatch(self._keep(name).strip())
        if written is not None:
            return time(int(written["hour"]), int(written["minute"]))
        self.refuse(
            name,
            f"Nhập {_lower(label.vi)} như 07:25",
            f"Enter {_lower(label.en)} as 07:25",
        )
        return None

    def whole_number(self, name: str, label: Text, *, least: int, most: int) -> int | None:
        """Return a whole number from ``least`` to ``most``."""
        typed = self._keep(name).strip()
        if typed.isascii() and typed.isdigit() and len(typed) <= len(str(most)):
            found = int(typed)
            if least <= found <= most:
                return found
        self.refuse(
            name,
            f"{label.vi} phải là số nguyên từ {least} đến {most}",
            f"{label.en} must be a whole number from {least} to {most}",
        )
        return None

    def ticked(self, name: str) -> bool:
        """Tell whether a single box was ticked."""
        return bool(self._keep(name))

    def _keep(self, name: str) -> str:
        found = self._sent.getlist(name)
        typed = found[0] if found else ""
        self.values[name] = [typed]
        return typed


def _lower(label: str) -> str:
    """Return a label inside a sentence; acronyms such as PIN keep their capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
