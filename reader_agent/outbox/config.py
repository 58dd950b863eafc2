"""The ``[outbox]`` section of ``agent.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from pathlib import Path

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import Fields


@unique
class WhenFull(StrEnum):
    """What becomes of an event that can't be written.

    ``REMEMBER`` keeps it in memory until the disk takes it, and readers go on; ``REFUSE`` raises,
    so that nothing is done of which no record can be kept.
    """

    REMEMBER = "remember"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class OutboxConfig:
    """How events are kept.

    Args:
        file: the database's name within the agent's data folder.
        when_full: what becomes of an event that can't be written.
        most_megabytes: the file grows no larger.
        remembered: events that memory holds while the disk takes none; the oldest go first.
        kept_after_sending: how long an event stays after the service has it, so that it can be
            sent again to a service that was restored from a backup.
    """

    file: Path = Path("outbox.db")
    when_full: WhenFull = WhenFull.REMEMBER
    most_megabytes: int = 512
    remembered: int = 10_000
    kept_after_sending: timedelta = timedelta(days=14)


_NAMES = ("file", "when_full", "most_megabytes", "remembered", "keep_days")


def parse_outbox_config(table: Mapping[str, object]) -> OutboxConfig:
    """Parse the section.

    Raises:
        Malformed: an unknown key, or a value that is not of its kind; the message names the key.
    """
    fields, default = Fields(dict(table), _NAMES), OutboxConfig()
    when_full = fields.text("when_full") if fields.has("when_full") else default.when_full.value
    if when_full not in set(WhenFull):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "when_full is remember or refuse")

    def number(name: str, otherwise: int, most: int) -> int:
        return fields.number(name, least=1, most=most) if fields.has(name) else otherwise

    return OutboxConfig(
        file=Path(fields.text("file")) if fields.has("file") else default.file,
        when_full=WhenFull(when_full),
        most_megabytes=number("most_megabytes", default.most_megabytes, 65_536),
        remembered=number("remembered", default.remembered, 1_000_000),
        kept_after_sending=timedelta(
            days=number("keep_days", default.kept_after_sending.days, 3650)
        ),
    )
