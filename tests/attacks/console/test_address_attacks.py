"""Addresses with arguments that mean something to the framework, or repeat a part of the path."""

from __future__ import annotations

import pytest
from flask import Flask

from web.console.paging import page_of


@pytest.mark.parametrize(
    "arguments",
    [
        "_external=1&_scheme=javascript",
        "_anchor=x",
        "_method=POST",
        "record=other",
        "_external=1&record=other&_scheme=data",
    ],
)
def test_arguments_change_neither_path_nor_scheme(arguments: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/console/cards/<record>", "card", lambda record: record)
    with app.test_request_context(f"/console/cards/mine?{arguments}&state=active"):
        assert page_of("card", after="") == "/console/cards/mine?state=active"
