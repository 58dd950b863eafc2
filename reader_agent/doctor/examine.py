"""All checks, one after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cardsvc.card.connection import CardConnection
from cardsvc.clock import Clock
from cardsvc.errors import CardError, ReasonCode
from reader_agent import platform
from reader_agent.doctor.device_check import check_device
from reader_agent.doctor.finding import Finding, Sign
from reader_agent.doctor.readers_check import ReaderTools, check_readers, check_roles
from reader_agent.doctor.service_check import check_service
from reader_agent.run.config import load_agent_config
from reader_agent.run.config_section import ConfigError

_BUSY_SECONDS = 0.5


def examine(config_file: Path, clock: Clock) -> list[Finding]:
    """Return all that was seen; readers are looked at even where the configuration is wrong."""
    tools = reader_tools()
    try:
        config = load_agent_config(config_file)
    except ConfigError as error:
        return [Finding(Sign.CONFIG_WRONG, str(error)), *check_readers((), tools)]
    offsets: list[timedelta] = []
    service = check_service(config, clock, offsets.append)
    # a clock that is a year ahead is no certificate that has expired
    at = clock.now() + sum(offsets, timedelta(0))
    return [
        Finding(Sign.CONFIG_GOOD, str(config_file)),
        *check_roles(config),
        *check_readers(config.readers, tools),
        *check_device(config, at),
        *service,
    ]


def reader_tools() -> ReaderTools:
    """Return what looks at this machine's readers."""
    try:
        from reader_agent import pcsc  # noqa: PLC0415 - the doctor says so where it is missing
    except ImportError:
        return ReaderTools(None, _no_card, platform.smart_card_devices)

    def open_card(reader: str) -> CardConnection:
        return pcsc.PcscConnection(reader, open_timeout_seconds=_BUSY_SECONDS)

    return ReaderTools(pcsc.list_readers, open_card, platform.smart_card_devices)


def _no_card(_: str) -> CardConnection:
    raise CardError(ReasonCode.NO_READER)
