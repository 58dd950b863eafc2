"""How identifying numbers are shown: enough to recognise, too little to use."""

from __future__ import annotations

BULLET = "•"
"""U+2022; what stands for a hidden character on screens and in logs."""


def mask(text: str, head: int, tail: int) -> str:
    """Return ``text`` with all but its first ``head`` and last ``tail`` characters hidden.

    Spec: Decree 356/2025/NĐ-CP (personal data are shown only as far as the purpose needs).
    A text of which less than a third would be hidden is hidden altogether.
    """
    hidden = len(text) - head - tail
    if hidden * 3 < len(text):
        return BULLET * len(text)
    return text[:head] + BULLET * hidden + text[len(text) - tail :]
