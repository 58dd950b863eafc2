"""How an agent does, as its heartbeat tells it: parts, taps, time by stage, outbox, clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from cardsvc.wire.composites import Inner, ListOf
from cardsvc.wire.kinds import Flag, Instant, Number, Text
from cardsvc.wire.message import Message

MAX_PARTS = 64
MAX_STAGES = 16
MAX_FAILURES = 32
_MANY = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PartSeen(Message):
    """One part of an agent."""

    name: Annotated[str, Text(100, about="such as `readers` or `door north`")]
    state: Annotated[str, Text(20, about="`running`, `waiting` for its restart, or `stopped`")]
    failures: Annotated[int, Number(0, _MANY, about="since the agent was started")] = 0
    last_failure: Annotated[str | None, Text(100, about="reason code or kind of error")] = None


@dataclass(frozen=True, slots=True)
class StageSeen(Message):
    """How long one stage of the latest taps took."""

    stage: Annotated[str, Text(20, about="`card`, `network`, `server` or `tap`")]
    count: Annotated[int, Number(0, _MANY, about="taps looked at")]
    p50_ms: Annotated[int, Number(0, _MANY)]
    p95_ms: Annotated[int, Number(0, _MANY)]


@dataclass(frozen=True, slots=True)
class FailureSeen(Message):
    """How often taps failed for one reason."""

    reason: Annotated[str, Text(100, about="reason code")]
    count: Annotated[int, Number(1, _MANY)]


@dataclass(frozen=True, slots=True)
class SettingsSeen(Message):
    """Which settings from afar an agent runs."""

    seq: Annotated[int, Number(0, _MANY, about="the version that runs; 0 for the machine's own")]
    refused_seq: Annotated[int | None, Number(1, _MANY, about="the last one not taken")] = None
    refused: Annotated[str | None, Text(64, about="why, a reason code")] = None
    where: Annotated[
        str | None, Text(300, about="the entry or part that it failed at; no value of it")
    ] = None


@dataclass(frozen=True, slots=True)
class HealthMessage(Message):
    """How an agent does since it was started."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "started_at": "2026-11-21T01:00:00Z",
        "running": [
            {"name": "readers", "state": "running", "failures": 1, "last_failure": "ended"}
        ],
        "unbound": ["cửa bắc"],
        "granted": 41,
        "denied": 2,
        "offline": 3,
        "failures": [{"reason": "card_removed", "count": 4}],
        "stages": [{"stage": "card", "count": 43, "p50_ms": 24, "p95_ms": 31}],
        "last_success_at": "2026-11-21T02:10:00Z",
        "unsent": 0,
        "outbox_writable": True,
        "sending": "working",
        "bundle_at": "2026-11-21T02:09:40Z",
        "bundle_preparing": False,
        "bundle_refused": None,
        "clock_offset_ms": -120,
        "certificate_until": "2026-12-21T01:00:00Z",
        "settings": {
            "seq": 4,
            "refused_seq": 5,
            "refused": "settings_failed",
            "where": "door north",
        },
    }

    started_at: Annotated[datetime, Instant()]
    running: Annotated[
        tuple[PartSeen, ...], ListOf(Inner(PartSeen), most=MAX_PARTS, about="the agent's parts")
    ] = ()
    unbound: Annotated[
        tuple[str, ...], ListOf(Text(64), most=32, about="configured readers that are not there")
    ] = ()
    granted: Annotated[int, Number(0, _MANY)] = 0
    denied: Annotated[int, Number(0, _MANY)] = 0
    offline: Annotated[int, Number(0, _MANY, about="of these, decided without the service")] = 0
    failures: Annotated[
        tuple[FailureSeen, ...],
        ListOf(Inner(FailureSeen), most=MAX_FAILURES, about="taps without a decision"),
    ] = ()
    stages: Annotated[tuple[StageSeen, ...], ListOf(Inner(StageSeen), most=MAX_STAGES)] = ()
    last_success_at: Annotated[datetime | None, Instant(about="the last decision")] = None
    unsent: Annotated[int, Number(0, _MANY, about="events that the service does not have")] = 0
    outbox_writable: Annotated[bool, Flag(about="whether the disk takes events")] = True
    sending: Annotated[
        str | None, Text(20, about="of events: working, unreachable, forked or gap")
    ] = None
    bundle_at: Annotated[datetime | None, Instant(about="when the offline bundle was signed")] = (
        None
    )
    bundle_preparing: Annotated[
        bool, Flag(about="whether the service is still making the first bundle: no fault")
    ] = False
    bundle_refused: Annotated[str | None, Text(64, about="why the newest is not taken")] = None
    clock_offset_ms: Annotated[
        int, Number(-_MANY, _MANY, about="how far the service's clock is ahead")
    ] = 0
    certificate_until: Annotated[datetime | None, Instant(about="the end of our own")] = None
    settings: Annotated[
        SettingsSeen | None, Inner(SettingsSeen, about="what an administrator set from afar")
    ] = None
