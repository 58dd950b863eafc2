"""Small counts are shown together with others, so that neither they nor the totals tell of a few.

A row is small where fewer cards than the threshold are behind it; counting cards and not decisions
keeps one person who comes twenty times from looking like a crowd. All small rows are shown as one,
and with them the smallest row that is not small: so what is shown together is of several rows, one
of which is large, and whoever subtracts what is shown from a total finds just that sum. Where no
row is large, nothing is shown, not even the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardsvc.decision_counts import DecisionCount

LEAST_THRESHOLD = 5


@dataclass(frozen=True, slots=True)
class SafeTable:
    """Rows that may be shown to everyone.

    Args:
        rows: key and decisions, most first; each is of as many cards as the threshold or more.
        others: decisions that are shown together; 0 where none are.
        hidden_rows: how many rows that are.
        total: of all rows; None where it may not be shown.
    """

    rows: Sequence[tuple[str, int]]
    others: int
    hidden_rows: int
    total: int | None


def safe_table(counts: Sequence[DecisionCount], threshold: int) -> SafeTable:
    """Return what may be shown of counts.

    Args:
        counts: rows of one division of the same decisions.
        threshold: so many cards have to be behind each number, 5 or more.

    Raises:
        ValueError: a lower threshold.
    """
    if threshold < LEAST_THRESHOLD:
        raise ValueError(f"a threshold is {LEAST_THRESHOLD} or more")
    present = [one for one in counts if one.decisions]
    # the last key settles equals, so that the same counts are always divided alike
    large = sorted(
        (one for one in present if one.cards >= threshold), key=lambda one: (one.cards, one.key)
    )
    small = [one for one in present if one.cards < threshold]
    if not large:
        return SafeTable((), 0, len(small), None)
    hidden = [*small, large.pop(0)] if small else []
    shown = sorted(((one.key, one.decisions) for one in large), key=lambda row: (-row[1], row[0]))
    others = sum(one.decisions for one in hidden)
    return SafeTable(shown, others, len(hidden), others + sum(count for _, count in shown))
