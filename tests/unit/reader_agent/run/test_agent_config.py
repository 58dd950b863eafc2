"""agent.toml: read strictly, and what is wrong is told with its key and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardsvc.attendance_records import Direction
from cardsvc.errors import ReasonCode
from reader_agent.run.attendance import AttendanceService
from reader_agent.run.config import load_agent_config, parse_agent_config
from reader_agent.run.config_section import ConfigError
from reader_agent.run.reader_config import ReaderConfig, Role, Side, bind_readers

WHOLE = """\
[agent]
relying_party = "trung-tam-hcc"
state_dir = "/var/lib/cardsvc-agent"

[service]
url = "https://the.example"
answer_seconds = 2.5

[log]
level = "warning"
file = "/var/log/cardsvc-agent.log"

[[readers]]
name = "quầy 1"
match = "ACR39U"
role = "counter"

[[readers]]
name = "cửa bắc"
match = "virtual:/srv/card.json"
role = "door"
side = "contactless"
"""


ATTENDANCE = """
[[attendance]]
service = "cham-cong"
direction = "in"
place = "sanh"
"""


def test_services_that_count_for_attendance() -> None:
    config = parse_agent_config(WHOLE + ATTENDANCE)
    assert config.attendance == (AttendanceService("cham-cong", Direction.IN, "sanh"),)
    for text in (ATTENDANCE * 2, ATTENDANCE.replace('"in"', '"up"')):
        with pytest.raises(ConfigError):
            parse_agent_config(WHOLE + text)


def test_a_whole_file_becomes_one_value() -> None:
    config = parse_agent_config(WHOLE)
    assert config.relying_party == "trung-tam-hcc"
    assert (config.service.url, config.service.answer_seconds) == ("https://the.example", 2.5)
    assert config.log.level == "WARNING"
    door = ReaderConfig("cửa bắc", "virtual:/srv/card.json", Role.DOOR, Side.CONTACTLESS)
    assert config.readers_for(Role.DOOR) == (door,)
    assert door.card_file == Path("/srv/card.json")


@pytest.mark.reason(ReasonCode.MALFORMED_CONFIG)
@pytest.mark.parametrize(
    ("old", "new", "key", "line"),
    [
        ('role = "door"', 'role = "window"', "readers[1].role", 21),
        ('name = "cửa bắc"', 'name = "quầy 1"', "readers[1].name", 19),
        ('match = "ACR39U"', "match = 5", "readers[0].match", 15),
        ("answer_seconds = 2.5", "answer_seconds = nan", "service.answer_seconds", 7),
        ("answer_seconds = 2.5", "answer_secs = 2.5", "service.answer_secs", 7),
        ("https://the.example", "http://the.example", "service.url", 6),
        ("https://the.example", "https://[the.example", "service.url", 6),
        ("/var/lib/cardsvc-agent", "cardsvc-agent", "agent.state_dir", 3),
        ('level = "warning"', 'level = "loud"', "log.level", 10),
        ('relying_party = "trung-tam-hcc"', "", "agent.relying_party", None),
        ("[log]", "[lock]", "lock", 9),
        ("[service]", "[service", "", 5),
    ],
)
def test_what_is_wrong_is_told_with_key_and_line(
    old: str, new: str, key: str, line: int | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_agent_config(WHOLE.replace(old, new))
    assert caught.value.reason is ReasonCode.MALFORMED_CONFIG
    assert (caught.value.key, caught.value.line) == (key, line)


def test_plain_http_serves_this_machine() -> None:
    config = parse_agent_config(WHOLE.replace("https://the.example", "http://127.0.0.1:8440/"))
    assert config.service.url == "http://127.0.0.1:8440"


def test_a_file_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_agent_config(tmp_path / "agent.toml")


ONE = ReaderConfig("one", "ACR", Role.DOOR)
TWO = ReaderConfig("two", "HID Omnikey 00 00", Role.DOOR)


@pytest.mark.parametrize(
    ("present", "bound"),
    [
        (["ACS ACR39U 00 00", "HID Omnikey 00 00"],
         {"ACS ACR39U 00 00": "one", "HID Omnikey 00 00": "two"}),
        (["ACS ACR39U 00 00", "ACS ACR1252 01 00"], {}),
        (["HID Omnikey 00 00", "HID Omnikey 00 00 bis"], {"HID Omnikey 00 00": "two"}),
        ([], {}),
    ],
)  # fmt: skip
def test_a_reader_that_is_not_told_apart_is_not_used(
    present: list[str], bound: dict[str, str]
) -> None:
    assert bind_readers([ONE, TWO], present) == bound


def test_a_reader_that_two_names_mean_serves_neither() -> None:
    other = ReaderConfig("other", "39U", Role.KIOSK)
    assert bind_readers([ONE, other], ["ACS ACR39U 00 00"]) == {}


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("sound = True", "straight quotes"),
        ("name = “Sảnh”", "straight quotes"),
        ('name = "Sảnh', "no end on its line"),
        ('state_dir = "C:\\cardsvc"', "backslash"),
        ('state_dir = "C:\\users"', "backslash"),
        ("a = 1\na = 2", "stands twice"),
        ("[log]", "stands twice"),
        ("at = 8:00", "nothing behind it"),
        ("url: 1", "name = value"),
        ("= 3", "name = value"),
    ],
)
def test_what_is_not_toml_is_said_in_words(slip: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        parse_agent_config(f"{WHOLE}{slip}\n[end]\n")
    assert caught.value.line is not None
    assert 0 <= caught.value.line - len(WHOLE.splitlines()) <= 3


@pytest.mark.parametrize(
    "url",
    [
        "https://the.example?x=1",
        "https://the.example/#top",
        "https://user:word@the.example",
        "https://the.example ",
        " https://the.example",
        "https://the.example/a b",
    ],
)
def test_an_address_has_room_for_paths_behind_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_agent_config(WHOLE.replace("https://the.example", url))
    assert caught.value.key == "service.url"


def test_files_of_other_editors(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    for octets in (WHOLE.encode("utf-8-sig"), WHOLE.replace("\n", "\r\n").encode("utf-8")):
        file.write_bytes(octets)
        assert load_agent_config(file).relying_party == "trung-tam-hcc"
    file.write_bytes(WHOLE.encode("utf-16"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load_agent_config(file)
    file.unlink()
    with pytest.raises(ConfigError, match="No such file"):
        load_agent_config(file)


def test_origins_are_written_as_browsers_write_them() -> None:
    counter = '[counter]\nname_vi = "Quầy 1"\nname_en = "Counter 1"\norigins = ["{}"]\n'
    for good in ("https://a.example", "https://a.example:8443", "http://a.example:443"):
        parse_agent_config(WHOLE + counter.format(good))
    for bad in ("https://a.example:443", "http://a.example:80", "https://a.example/"):
        with pytest.raises(ConfigError) as caught:
            parse_agent_config(WHOLE + counter.format(bad))
        assert caught.value.key == "counter.origins"
