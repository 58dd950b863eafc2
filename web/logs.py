"""Logs as one JSON object a line, for whatever collects them; without personal data.

An exception's own message may quote what a caller sent, so of exceptions that are not ours only
the type and the places in the code are written; ours hold no personal data (``CardsvcError``).
"""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from cardsvc.errors import CardsvcError
from web.request_id import request_id

_OURS = ("cardsvc", "issuance", "keys", "verification", "web")
_FIELDS = ("request_id", "method", "route", "status", "milliseconds", "decisions")
"""What a record may carry beside its message; anything else is left out."""
_MOST_FRAMES = 12
_JSON = json.JSONEncoder(ensure_ascii=False, default=str, check_circular=False)
"""One for all lines: every request writes one."""


def log_in_json(stream: TextIO) -> logging.Handler:
    """Write this process's log to a stream: ours from INFO on, libraries' from WARNING on."""
    handler = json_handler(stream)
    # what no line says is not looked up (logging HOWTO, "Optimization")
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    return handler


def json_handler(stream: TextIO) -> logging.Handler:
    """Return a handler that writes records as JSON (RFC 8259), one a line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(allow=_FIELDS),
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                _name_request,
                _tell_error,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_encode),
            ],
        )
    )
    return handler


def _encode(event: EventDict, **_options: object) -> str:
    return _JSON.encode(event)


def _name_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    name = request_id()
    if name:
        event.setdefault("request_id", name)
    return event


def _tell_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    event.pop("exc_info", None)
    if record.exc_info is None or record.exc_info[1] is None:
        return event
    error = record.exc_info[1]
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    event["error"] = type(error).__name__
    event["where"] = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    if isinstance(error, CardsvcError):
        event["reason"] = error.reason.value
        event["detail"] = str(error)
    return event
