"""QR codes of card faces: the symbol, and whether its modules are large enough to print."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import QRData

from cardsvc.errors import IssuanceError, ReasonCode
from issuance.faces.layout import Qr

SMALLEST_MODULE_MM = 0.2
"""What plain cameras and 300 dpi card printers still resolve (300 dpi: 2.4 dots a module)."""
_CORRECTIONS = {"M": ERROR_CORRECT_M, "L": ERROR_CORRECT_L}
_QUIET_MODULES = 4
"""ISO/IEC 18004 section 5.3.8."""


@unique
class FaceWarning(StrEnum):
    """What somebody should look at before a card is printed; none stops it."""

    QR_MODULES_SMALL = "qr_modules_small"
    QR_QUIET_ZONE_NARROW = "qr_quiet_zone_narrow"
    QR_TEXT_SHORTENED = "qr_text_shortened"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR code in its place.

    Args:
        element: where it stands.
        rows: its modules, True for dark, without the quiet zone.
        version: 1 to 40.
        correction: L, M, Q or H.
    """

    element: Qr
    rows: tuple[tuple[bool, ...], ...]
    version: int
    correction: str

    @property
    def module(self) -> float:
        """A module's side in millimetres."""
        return self.element.box.width / len(self.rows)

    @property
    def warnings(self) -> tuple[FaceWarning, ...]:
        """What is tight about it."""
        found: list[FaceWarning] = []
        if self.module < SMALLEST_MODULE_MM:
            found.append(FaceWarning.QR_MODULES_SMALL)
        if self.element.quiet + 1e-9 < _QUIET_MODULES * self.module:
            found.append(FaceWarning.QR_QUIET_ZONE_NARROW)
        return tuple(found)


def make_symbol(element: Qr, text: str) -> Symbol:
    """Return the QR code of a text, in UTF-8, for a box.

    Error correction is M, or L where M's modules are too small.

    Spec: ISO/IEC 18004:2015. As on the national identity card there is no ECI: readers find
    UTF-8 by themselves, and some know no ECI.

    Raises:
        IssuanceError: QR_TOO_LONG, more than any QR code holds.
    """
    best: Symbol | None = None
    for correction, level in _CORRECTIONS.items():
        try:
            best = _symbol(element, text, correction, level)
        except (DataOverflowError, ValueError):
            # past version 40 the library raises now the one, now the other
            continue
        if best.module >= SMALLEST_MODULE_MM:
            break
    if best is None:
        raise IssuanceError(ReasonCode.QR_TOO_LONG, "more than a QR code holds")
    return best


def _symbol(element: Qr, text: str, correction: str, level: int) -> Symbol:
    code: QRCode[Any] = QRCode(version=element.min_version, error_correction=level, border=0)
    # one segment: digits and capitals (Base45) as alphanumeric, all else as octets of UTF-8
    code.add_data(QRData(text.encode("utf-8")), optimize=0)
    code.make(fit=True)
    rows = tuple(tuple(bool(module) for module in row) for row in code.get_matrix())
    return Symbol(element, rows, int(code.version), correction)
