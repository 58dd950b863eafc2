"""A QR code as one path of SVG: drawn in the page, without an image's address or inline style."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from qrcode.constants import ERROR_CORRECT_M

_QUIET_ZONE = 4
"""ISO/IEC 18004 section 9.1: four modules."""


@dataclass(frozen=True, slots=True)
class QrPath:
    """A drawing of ``size`` by ``size`` modules.

    Args:
        size: modules on each side, quiet zone included.
        path: the dark modules, for the ``d`` attribute.
    """

    size: int
    path: str


def qr_path(text: str) -> QrPath:
    """Return the QR code of a text."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    ]
    return QrPath(len(rows), "".join(dark))
