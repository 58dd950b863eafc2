"""The ``[outbox]`` section of ``agent.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from pathlib import Path

from reader_agent.run.config_section import ConfigSection


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


def parse_outbox_config(section: ConfigSection) -> OutboxConfig:
    """Parse the section.

    Raises:
        ConfigError: names the key and the line.
    """
    default = OutboxConfig()
    config = OutboxConfig(
        file=Path(section.text("file", str(default.file))),
        when_full=section.choice("when_full", WhenFull, default.when_full),
        most_megabytes=section.number(
            "most_megabytes", default.most_megabytes, least=1, most=65_536
        ),
        remembered=section.number("remembered", default.remembered, least=1, most=1_000_000),
        kept_after_sending=timedelta(
            days=section.number("keep_days", default.kept_after_sending.days, least=1, most=3650)
        ),
    )
    section.done()
    return config
