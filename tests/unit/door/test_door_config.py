"""What agent.toml says about doors: taken as written, or refused with the entry's name."""

from __future__ import annotations

from datetime import time

import pytest

from cardsvc.terms import AssuranceLevel
from reader_agent.door.config import Attendance, OsdpOutput
from reader_agent.door.input_roles import Input
from reader_agent.door.outputs import Fail, RelayConfig
from reader_agent.door.rules import PassbackMode
from reader_agent.run.config import parse_agent_config
from reader_agent.run.config_section import ConfigError
from verification.policy.schedule import Period

AGENT = """\
[agent]
relying_party = "so-noi-vu"
state_dir = "/var/lib/cardsvc-agent"

[service]
url = "https://the.example"

[[readers]]
name = "ngoai"
match = "ACR1252"
role = "door"
side = "contactless"

[[readers]]
name = "trong"
match = "HID"
role = "door"
"""
RELAY = """
[[doors]]
name = "cua-bac"
service = "ra-vao"
reader = "ngoai"
exit_reader = "trong"
passback = "hard"
to_area = "toa-nha"
attendance = "both"
most_tap_seconds = 1.5

[doors.access]
weekdays = ["06:30-19:00"]

[doors.lock]
pin = 17
active_high = false
fail = "safe"

[doors.pins]
contact = 22
exit = 23

[areas]
reset_at = "04:00"
"""
OSDP = """
[[doors]]
name = "cua-nam"
service = "ra-vao"
reader = "ngoai"
level = "X2"
keypad = 5
panel = 5
duress = true
contact = false
lock = { osdp = 5, output = 1, fail = "secure" }

[osdp]
port = "/dev/ttyUSB0"
baud = 115200

[[osdp.readers]]
address = 5
key_file = "/etc/cardsvc/osdp-5.key"
"""


def test_a_door_with_a_relay() -> None:
    config = parse_agent_config(AGENT + RELAY).doors
    (door,) = config.doors
    assert config.reset_at == time(4)
    assert door.lock == RelayConfig(17, active_high=False, fail=Fail.SAFE)
    assert door.pins == {Input.CONTACT: 22, Input.EXIT: 23}
    assert (door.reader, door.exit_reader) == ("ngoai", "trong")
    assert door.attendance is Attendance.BOTH
    rules = door.rules
    assert (rules.name, rules.most_tap_seconds) == ("cua-bac", 1.5)
    assert (rules.passback, rules.to_area) == (PassbackMode.HARD, "toa-nha")
    assert rules.access.weekly[4] == (Period(390, 1140),)
    assert rules.access.weekly[5] == ()


def test_a_door_with_an_osdp_reader() -> None:
    config = parse_agent_config(AGENT + OSDP).doors
    (door,) = config.doors
    assert door.lock == OsdpOutput(5, 1, Fail.SECURE)
    assert (door.level, door.keypad, door.takes_duress) == (AssuranceLevel.X2, 5, True)
    assert config.line is not None
    assert config.line.baud == 115200


def test_an_agent_without_doors_has_none() -> None:
    assert parse_agent_config(AGENT).doors.doors == ()


@pytest.mark.parametrize(
    ("text", "old", "new", "key"),
    [
        (RELAY, 'reader = "ngoai"', 'reader = "dau-do"', "doors[0].reader"),
        (RELAY, 'exit_reader = "trong"', 'exit_reader = "ngoai"', "doors[0].exit_reader"),
        (RELAY, 'fail = "safe"', "", "doors[0].lock.fail"),
        (RELAY, "pin = 17", "pin = 99", "doors[0].lock.pin"),
        (RELAY, "pin = 17", "", "doors[0].lock.pin"),
        (RELAY, "contact = 22", "", "doors[0].contact"),
        (RELAY, "exit = 23", "exit = 22", "doors[0].pins"),
        (RELAY, "exit = 23", "bell = 23", "doors[0].pins.bell"),
        (RELAY, 'to_area = "toa-nha"', "", "doors[0].to_area"),
        (RELAY, "most_tap_seconds = 1.5", "most_tap_seconds = 60", "doors[0].most_tap_seconds"),
        (RELAY, "06:30-19:00", "19:00-19:00", "doors[0].access"),
        (RELAY, 'name = "cua-bac"', 'name = "Cửa Bắc"', "doors[0].name"),
        (RELAY, 'reset_at = "04:00"', 'reset_at = "24:00"', "areas.reset_at"),
        (RELAY, "[areas]", "[doors.calendar]\nclosures = 5\n[areas]", "doors[0].calendar"),
        (RELAY, 'passback = "hard"', 'passback = "hard"\nkeypad = 5', "doors[0].keypad"),
        (OSDP, "keypad = 5", "", "doors[0].keypad"),
        (OSDP, "panel = 5", "panel = 6", "doors[0].panel"),
        (OSDP, "osdp = 5", "osdp = 7", "doors[0].lock.osdp"),
        (OSDP, 'level = "X2"', 'level = "X3"', "doors[0].level"),
        (OSDP, "address = 5", "address = 127", "osdp.readers[0].address"),
        (OSDP, "contact = false", 'interlock = "a"\ncontact = false', "doors[0].interlock"),
        (
            OSDP,
            "contact = false",
            'interlock = "khoa-khi"\nfree = { every_day = ["08:00-17:00"] }\ncontact = false',
            "doors[0].free",
        ),
        (
            OSDP + RELAY,
            'reader = "ngoai"\nlevel',
            'reader = "trong"\nlevel',
            "doors[1].exit_reader",
        ),
    ],
)
def test_a_slip_is_told_with_its_entry(text: str, old: str, new: str, key: str) -> None:
    assert old in text
    with pytest.raises(ConfigError) as caught:
        parse_agent_config(AGENT + text.replace(old, new))
    assert caught.value.key == key


SECOND = """
[[readers]]
name = "nam"
match = "OMNIKEY"
role = "door"

[[doors]]
name = "cua-phu"
service = "ra-vao"
reader = "nam"
contact = false
lock = { pin = 5, fail = "secure" }
pins = { exit = 6 }
"""


@pytest.mark.parametrize(
    ("text", "old", "new", "key"),
    [
        (RELAY, "exit = 23", "exit = 17", "doors[0].pins"),
        (RELAY + SECOND, "pin = 5", "pin = 17", "doors[1].lock"),
        (RELAY + SECOND, "pin = 5", "pin = 23", "doors[1].lock"),
        (RELAY + SECOND, "exit = 6", "exit = 23", "doors[1].pins"),
        (RELAY + SECOND, "exit = 6", "exit = 17", "doors[1].pins"),
        (
            OSDP + SECOND,
            "pin = 5",
            "osdp = 5, output = 1",
            "doors[1].lock",
        ),
    ],
)
def test_no_wire_belongs_to_two(text: str, old: str, new: str, key: str) -> None:
    assert len(parse_agent_config(AGENT + text).doors.doors) in (1, 2)
    changed = AGENT + text.replace(old, new)
    with pytest.raises(ConfigError) as caught:
        parse_agent_config(changed)
    assert caught.value.key == key


def test_two_bolts_at_one_osdp_reader() -> None:
    text = AGENT + OSDP + SECOND.replace("pin = 5", "osdp = 5, output = 0")
    assert [one.lock for one in parse_agent_config(text).doors.doors] == [
        OsdpOutput(5, 1, Fail.SECURE),
        OsdpOutput(5, 0, Fail.SECURE),
    ]


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        (RELAY.replace("pin = 17", "pin = 99"), "pin = 99"),
        (RELAY.replace("exit = 23", "bell = 23"), "bell = 23"),
        (RELAY + SECOND.replace("pin = 5", "pin = 99"), "pin = 99"),
    ],
)
def test_the_line_is_told_in_tables_of_a_door_too(text: str, slip: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_agent_config(AGENT + text)
    lines = (AGENT + text).split("\n")
    assert caught.value.line is not None
    assert slip in lines[caught.value.line - 1]
