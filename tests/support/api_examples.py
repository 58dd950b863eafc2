"""The examples of the OpenAPI document: exchanges of the journey tests, as they happened.

``CARDSVC_API_EXAMPLES=web/openapi/examples.json pytest -n 0 tests/journey/…`` writes them anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support.conformance import Conformance

VARIABLE = "CARDSVC_API_EXAMPLES"
_MOST_OCTETS = 3_000
"""A longer one is no example but a listing."""


def keep_examples(conformance: Conformance) -> None:
    """Add what a service answered to the file that the environment names, if it names one."""
    if VARIABLE not in os.environ:
        return
    file = Path(os.environ[VARIABLE])
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for name, exchange in conformance.exchanges.items():
        if "access_token" in exchange["response"]:
            exchange["response"]["access_token"] = "cat.…"
        short = {
            part: value
            for part, value in exchange.items()
            if len(json.dumps(value)) <= _MOST_OCTETS
        }
        if len(short) > len(known.get(name, {})):
            known[name] = short
    text = json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True)
    file.write_text(text + "\n", "utf-8")
