"""What is no pseudonym is Malformed; what is one comes apart and together again."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed
from verification.release.pseudonym import parse_pseudonym


@settings(max_examples=100)
@given(st.text(max_size=30) | st.from_regex(r"v[0-9]{1,2}(-[0-9])?\.[A-Za-z0-9_-]{21,23}"))
def test_what_is_no_pseudonym_is_malformed(junk: str) -> None:
    with contextlib.suppress(Malformed):
        version, generation, name = parse_pseudonym(junk)
        middle = "" if generation == 1 else f"-{generation}"
        assert f"{version}{middle}.{name}" == junk
