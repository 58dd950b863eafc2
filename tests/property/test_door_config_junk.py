"""Junk in agent.toml's tables of doors raises what a slip there raises, and nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from reader_agent.door.config import parse_doors
from reader_agent.run.config_section import ConfigError, ConfigSection
from reader_agent.run.reader_config import ReaderConfig, Role

READERS = (ReaderConfig("ngoai", "A", Role.DOOR), ReaderConfig("trong", "B", Role.DOOR))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JUNK = st.recursive(SCALARS, lambda one: st.lists(one, max_size=3), max_leaves=4)
DAY = st.dictionaries(
    st.sampled_from(["mon", "every_day", "weekend", "holidays", "funday"]),
    JUNK | st.lists(st.sampled_from(["08:00-17:00", "22:00-06:00", "24:00-25:00"]), max_size=2),
    max_size=2,
)
LOCK = st.fixed_dictionaries(
    {}, optional={"pin": JUNK, "osdp": JUNK, "fail": st.sampled_from(["secure", "safe", 1])}
)
DOOR = st.fixed_dictionaries(
    {"name": st.just("bac") | JUNK, "service": st.just("gate"), "reader": st.just("ngoai")},
    optional={
        "exit_reader": st.sampled_from(["trong", "ngoai", ""]),
        "lock": LOCK | JUNK,
        "access": DAY | JUNK,
        "free": DAY,
        "calendar": st.dictionaries(st.sampled_from(["closures", "working_days"]), JUNK),
        "pins": st.dictionaries(st.sampled_from(["contact", "exit", "x"]), JUNK),
        "level": JUNK,
        "contact": JUNK,
        "pulse_seconds": JUNK,
        "passback": st.sampled_from(["hard", "soft", "off", "?"]),
    },
)
FILE = st.fixed_dictionaries(
    {},
    optional={
        "doors": st.lists(DOOR, max_size=2) | JUNK,
        "areas": st.dictionaries(st.just("reset_at"), JUNK | st.just("04:00")) | JUNK,
        "osdp": st.fixed_dictionaries(
            {"port": st.just("/dev/ttyUSB0")},
            optional={"baud": JUNK, "readers": st.lists(st.just({"address": 5}), max_size=1)},
        )
        | JUNK,
    },
)


@settings(max_examples=300, deadline=None)
@given(FILE)
def test_junk_about_doors_is_a_slip(file: dict[str, object]) -> None:
    with contextlib.suppress(ConfigError):
        parse_doors(ConfigSection(file, "", {}), READERS)
