"""Settings from afar: junk is refused, and what is taken says what was written."""

from __future__ import annotations

import contextlib
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.config_section import ConfigError
from cardsvc.errors import Malformed
from cardsvc.wire.fields import encode_object
from reader_agent.settings.folder import SettingsNotes, parse_settings_notes
from verification.agent_settings.text import (
    MAX_SETTINGS_OCTETS,
    AgentSettings,
    allowed_entries,
    parse_agent_settings,
)

_NAMES = [one.replace("[]", "").split(".") for one in allowed_entries()]
_VALUES = st.sampled_from(
    ["true", "-1", "0.5", "60", "1e9", '""', '"X2"', '"info"', '"07:30"', "nan", "{}", "[]", "[{}]"]
)
_ENTRIES = st.tuples(st.sampled_from(_NAMES), _VALUES).map(
    lambda one: f"{'.'.join(one[0])} = {one[1]}"
)


def taken(text: str) -> AgentSettings | None:
    try:
        return parse_agent_settings(text)
    except ConfigError:
        return None


@settings(max_examples=200)
@given(st.text(max_size=200) | st.lists(_ENTRIES, max_size=4).map("\n".join))
def test_whatever_is_typed_is_taken_as_it_is_or_refused_as_a_configuration(text: str) -> None:
    found = taken(text)
    assert found is None or found.table == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    ["#" * (MAX_SETTINGS_OCTETS + 1), "# \udce1", "[[kiosk]]", "a", "[areas]\na = " + "9" * 5000],
    ids=["too large", "no Unicode", "a list for a table", "no TOML", "too many digits"],
)
def test_what_is_no_table_of_settings_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_agent_settings(text)


_NOTES = st.dictionaries(
    st.sampled_from(["floor", "tried", "refused_seq", "refused", "where", "more"]),
    st.integers(-1, 2**40) | st.text(max_size=4) | st.none(),
)


@settings(max_examples=100)
@given(st.binary(max_size=60) | _NOTES.map(encode_object))
def test_notes_are_what_was_written_or_malformed(octets: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse_settings_notes(octets), SettingsNotes)


def test_notes_come_back_as_they_were_kept() -> None:
    kept = {"floor": 7, "refused_seq": 8, "refused": "settings_failed", "where": "kiosk: OSError"}
    expected = SettingsNotes(7, None, 8, "settings_failed", "kiosk: OSError")
    assert parse_settings_notes(encode_object(kept)) == expected
