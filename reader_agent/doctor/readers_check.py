"""Looks at PC/SC and at the readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError, ReasonCode
from reader_agent.doctor.finding import Finding, Grade, Sign
from reader_agent.pin_pad import find_pin_pad
from reader_agent.run.config import AgentConfig
from reader_agent.run.loose_roles import without_reader, without_use
from reader_agent.run.reader_config import ReaderConfig, bind_readers

READER_CAP = 16
"""As ``reader_agent.monitor.READER_CAP``, which needs pyscard."""


@dataclass(frozen=True, slots=True)
class ReaderTools:
    """What the check looks through.

    Args:
        list_readers: lists the PC/SC readers; None where pyscard is not installed.
        open_card: connects to the card in a reader, and does not wait long.
        plugged_in: how many smart card devices the operating system sees; None where it can't
            tell.
    """

    list_readers: Callable[[], Sequence[str]] | None
    open_card: Callable[[str], CardConnection]
    plugged_in: Callable[[], int | None]


def check_readers(configured: Sequence[ReaderConfig], tools: ReaderTools) -> list[Finding]:
    """Return what is to be said of PC/SC and the readers."""
    if configured and all(one.card_file is not None for one in configured):
        return [Finding(Sign.READERS_GOOD, "virtual")]
    if tools.list_readers is None:
        return [Finding(Sign.PYSCARD_MISSING)]
    try:
        names = list(tools.list_readers())
    except CardError as error:
        refused = error.reason is ReasonCode.ACCESS_DENIED
        return [Finding(Sign.PCSC_REFUSED if refused else Sign.PCSC_NOT_RUNNING)]
    if not names:
        return [Finding(Sign.DRIVER_MISSING if tools.plugged_in() else Sign.NO_READER)]
    findings = [Finding(Sign.READER_CAP, str(len(names)))] if len(names) >= READER_CAP else []
    findings += _unbound(configured, names)
    findings += _with_cards(names, tools)
    if all(one.sign.grade is Grade.GOOD for one in findings):
        return [Finding(Sign.READERS_GOOD, str(len(names))), *findings]
    return findings


def check_roles(config: AgentConfig) -> list[Finding]:
    """Return which sections and readers of agent.toml lack their other half."""
    lacking = [Finding(Sign.ROLE_WITHOUT_READER, f"[{one}]") for one in without_reader(config)]
    unused = [
        Finding(Sign.READER_WITHOUT_USE, f"{one.name}, role = {one.role}")
        for one in without_use(config)
    ]
    return lacking + unused


def _unbound(configured: Sequence[ReaderConfig], names: Sequence[str]) -> list[Finding]:
    bound = set(bind_readers(configured, names).values())
    findings = []
    for one in configured:
        if one.name in bound or one.card_file is not None:
            continue
        seen = any(one.match.lower() in name.lower() for name in names)
        findings.append(Finding(Sign.READER_AMBIGUOUS if seen else Sign.READER_ABSENT, one.name))
    return findings


def _with_cards(names: Sequence[str], tools: ReaderTools) -> list[Finding]:
    """Return what is told by readers that have a card in them; the others can't be asked."""
    findings = []
    for name in names:
        try:
            with closing(tools.open_card(name)) as connection:
                if find_pin_pad(connection) is not None:
                    findings.append(Finding(Sign.PIN_PAD_GOOD, name))
        except CardError as error:
            if error.reason is ReasonCode.READER_BUSY:
                findings.append(Finding(Sign.READER_BUSY, name))
    return findings
