"""What a page sends, and sections of agent.toml, as junk: nothing but ``Malformed`` comes of it."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from cardsvc.terms import AssuranceLevel
from reader_agent.counter.api import PhotoConfirmation, VerifyOrder
from reader_agent.counter.config import parse_counter
from reader_agent.kiosk.config import KioskService, parse_kiosk
from reader_agent.kiosk.visit import Kind, Task
from reader_agent.kiosk.words import Words
from reader_agent.loopback.config import parse_loopback
from reader_agent.loopback.page_api import parse_act
from reader_agent.run.config_section import parse_config_text

TASKS = (
    Task(Kind.SERVICE, KioskService("a", AssuranceLevel.X1, Words("a", "a"))),
    Task(Kind.REPORT_LOSS),
)
_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats()
_ACTIONS = st.sampled_from(["choose", "typed", "language", "again", "help", "touched", "back"])
_NAMES = st.sampled_from(["step", "action", "number", "text", "english", "other"])
_TOML = st.sampled_from(
    ['"x"', '"X2"', '"X9"', "1", "70000", "true", "[]", "[1]", "[{}]", "{}", "1.5"]
)
_ORDERS = st.sampled_from(["service", "level", "title_vi", "tap", "officer", "matches", "pin"])
_ENTRIES = st.sampled_from(
    [
        "origins",
        "port",
        "name_vi",
        "name_en",
        "services",
        "sound",
        "level",
        "service",
        "title_vi",
        "title_en",
    ]
)


@settings(max_examples=150)
@given(st.binary(max_size=60), st.dictionaries(_NAMES, _VALUES | _ACTIONS))
def test_an_act_of_junk(junk: bytes, fields: dict[str, object]) -> None:
    for octets in (junk, json.dumps(fields).encode()):
        with contextlib.suppress(Malformed):
            assert parse_act(octets, TASKS).told is not None


@settings(max_examples=100)
@given(st.binary(max_size=60), st.dictionaries(_ORDERS, _VALUES | st.sampled_from(["X1", "a"])))
def test_an_order_of_junk(junk: bytes, fields: dict[str, object]) -> None:
    for octets in (junk, json.dumps(fields).encode()):
        for message in (VerifyOrder, PhotoConfirmation):
            with contextlib.suppress(Malformed):
                assert message.parse(octets) is not None


@settings(max_examples=100)
@given(st.dictionaries(_ENTRIES, _TOML), st.dictionaries(_ENTRIES, _TOML))
def test_sections_of_junk(section: dict[str, str], inner: dict[str, str]) -> None:
    text = "[kiosk]\n" + "".join(f"{name} = {value}\n" for name, value in section.items())
    if "services" not in section:
        text += "[[kiosk.services]]\n"
        text += "".join(f"{name} = {value}\n" for name, value in inner.items())
    for parse in (parse_kiosk, parse_counter, parse_loopback):
        with contextlib.suppress(Malformed):
            parse(parse_config_text(text).section("kiosk"))
