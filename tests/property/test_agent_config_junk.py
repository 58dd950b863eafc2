"""agent.toml of junk, and a good one with a spoilt place, raise nothing but ``Malformed``."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, ReasonCode
from reader_agent.run.attendance import parse_attendance
from reader_agent.run.config import parse_agent_config
from reader_agent.run.config_section import parse_config_text
from reader_agent.run.reader_config import parse_readers

GOOD = """\
[agent]
relying_party = "a"
[service]
url = "https://the.example"
[[readers]]
name = "b"
match = "c"
role = "kiosk"
"""
KEYS = st.sampled_from(["name", "match", "role", "side"])
VALUES = st.sampled_from(['"x"', "1", "[]", "{}", '"door"', "true", "1.5"])


@settings(max_examples=100)
@given(
    st.text(max_size=80) | st.from_regex(r"\[\[?(agent|readers)\]\]?\n(name|url) = [\"0-9\[{]{1,3}")
)
def test_junk_is_malformed(junk: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_agent_config(junk)
    assert caught.value.reason is ReasonCode.MALFORMED_CONFIG


@settings(max_examples=150)
@given(st.data())
def test_a_changed_file_is_malformed_or_read(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    put = data.draw(st.text(max_size=6) | st.sampled_from(["1", '""', "[]", "{}", "nan", "\n"]))
    with contextlib.suppress(Malformed):
        parse_agent_config(GOOD[:start] + put + GOOD[start + data.draw(st.integers(0, 6)) :])


@settings(max_examples=60)
@given(st.dictionaries(KEYS, VALUES))
def test_a_reader_of_junk_is_malformed_or_read(entries: dict[str, str]) -> None:
    lines = "\n".join(f"{name} = {value}" for name, value in entries.items())
    with contextlib.suppress(Malformed):
        parse_readers(parse_config_text(f"[[readers]]\n{lines}"))
    with contextlib.suppress(Malformed):
        parse_attendance(parse_config_text(f"[[attendance]]\n{lines}"))
