"""What makes the pictures of the guides worth looking at, beside what tests need of a console."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from cardsvc.attendance_records import TAP_KIND, Absence, Direction
from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.event_chain import AgentEvent, ChainHead, encode_agent_event, receive_event
from cardsvc.store.card_figures import SqlCardFigures
from issuance.attendance.corrections import decide_correction, report_absence
from tests.support.console import ConsoleUnderTest
from tests.support.console_records import STATES, guid_of
from tests.support.field_examples import DOOR_AGENT
from tests.support.installations import DESK, RELYING_PARTY
from verification.policy import life
from web.console.formats import VIETNAM

POLICIES = Path(__file__).parents[2] / "docs" / "policy.md"
ARCHIVE = "archive"
SETTINGS = """\
[kiosk]
name_vi = "Bộ phận Một cửa – sảnh tầng 3"
name_en = "One-stop office – hall, floor 3"
sound = false

[[doors]]
name = "cua-bac"
pulse_seconds = 9
"""
_READER = "ACS ACR39U 00 00"
_CHAIN = bytes(range(16, 32))
_FIRST, _LAST = date(2026, 11, 2), date(2026, 11, 20)
_MORNING, _EVENING = time(7, 21), time(17, 8)
_FORGOTTEN = {("cho-ma", date(2026, 11, 12)), ("bi-khoa", date(2026, 11, 5))}
"""Who did not tap on the way out, and when."""
_AWAY = {
    "tra-lai": Absence.MATERNITY,
    "cho-duyet-2": Absence.TRIP,
    "da-duyet": Absence.STUDY,
    "cho-duyet": Absence.ANNUAL,
}
"""Who has no card yet, and was away."""


def set_the_scene(console: ConsoleUnderTest) -> None:
    """Let the office look as on a working day: attendance, a draft, devices that answer."""
    tell_attendance(console)
    tell_absences(console)
    draft_policy(console)
    let_devices_answer(console)
    SqlCardFigures(console.service.installation.database).count(console.clock.now())


def let_devices_answer(console: ConsoleUnderTest) -> None:
    """Have settings put at a kiosk from afar, which runs them, and a desk with a card in it."""
    desk, at = console.services.agent_settings, console.clock.now()
    after = desk.wanted(DOOR_AGENT) or 0
    desk.configure(DOOR_AGENT, SETTINGS, after=after, operator="ca-administrator", at=at)
    running = {"settings": {"seq": after + 1}}
    presence = console.service.installation.presence
    for agent, state, health in (
        (DOOR_AGENT, ReaderState.EMPTY, running),
        (DESK, ReaderState.CARD, None),
    ):
        presence.seen(AgentPresence(agent, "0.1.0", True, ((_READER, state),), at, health))


def draft_policy(console: ConsoleUnderTest) -> None:
    """Put the worked example of the guide to policies as a draft."""
    example = re.search(r"```toml\n(.*?)```", POLICIES.read_text("utf-8"), re.DOTALL)
    assert example is not None
    document = re.sub(r"(?m)^partner = .*\n", "", example[1])
    book, at = console.service.installation.policies, console.clock.now()
    life.put_draft(book, RELYING_PARTY, document, author="ca-administrator", at=at)


def tell_attendance(console: ConsoleUnderTest) -> None:
    """Have every card on record tap in and out at a door on the working days of three weeks."""
    head, received = ChainHead.of_empty(_CHAIN), []
    for at, name, direction in _taps():
        facts = {"card": guid_of(name), "direction": direction.value, "place": "sanh-chinh"}
        event = AgentEvent(_CHAIN, head.seq + 1, head.sha256, at, TAP_KIND, facts)
        received.append(receive_event(encode_agent_event(event)))
        head = ChainHead(event.seq, received[-1].sha256)
    console.service.installation.events.take(DOOR_AGENT, _CHAIN, received, console.clock.now())


def tell_absences(console: ConsoleUnderTest) -> None:
    """Have the absences of those without a card asked for by one and approved by another."""
    store, at = console.services.attendance.store, console.clock.now()
    for name, absence in _AWAY.items():
        asked = report_absence(
            store, f"nguoi-{name}", correction_id=f"vang-{name}", absence=absence,
            days=(_FIRST, _LAST), operator="ca-clerk", at=at,
        )  # fmt: skip
        decide_correction(store, asked.id, approve=True, operator="ca-approver", at=at)


def _taps() -> list[tuple[datetime, str, Direction]]:
    days = [_FIRST + timedelta(days=number) for number in range((_LAST - _FIRST).days + 1)]
    taps = []
    for day in (one for one in days if one.weekday() < 5):
        for number, name in enumerate(STATES):
            late = timedelta(minutes=2 * number)
            came = datetime.combine(day, _MORNING, VIETNAM) + late
            taps.append((came.astimezone(UTC), name, Direction.IN))
            if (name, day) not in _FORGOTTEN:
                left = datetime.combine(day, _EVENING, VIETNAM) + late
                taps.append((left.astimezone(UTC), name, Direction.OUT))
    return sorted(taps, key=lambda tap: tap[0])
