"""Settings from afar: junk is refused, and what is taken says what was written."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.config_section import ConfigError
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


@pytest.mark.parametrize("text", ["#" * (MAX_SETTINGS_OCTETS + 1), "# \udce1", "[[kiosk]]", "a"])
def test_what_is_no_table_of_settings_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_agent_settings(text)
