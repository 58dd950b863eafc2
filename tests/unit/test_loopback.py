"""Answers of the server on loopback are closed, whether they were taken or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

import pytest

from web.loopback import closed_in_any_case

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Answer:
    """An answer of three parts that says whether it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter((b"a", b"b", b"c"))

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("taken", [1, 2, 3, 4])
def test_an_answer_is_closed_when_nobody_wants_the_rest(taken: int) -> None:
    answer = Answer()

    def application(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        return answer

    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    served = iter(closed_in_any_case(application)(environ, lambda *_: lambda _: None))
    got = [next(served, b"") for _ in range(taken)]
    assert got == [b"a", b"b", b"c", b""][:taken]
    del served  # as a server does that was interrupted
    assert answer.closed == 1
