"""A name for every request: in its answer, in problem documents, in the log.

A caller may bring one of its own, so that its log and ours can be laid side by side; a decision's
audit event has it, too. One that is not of our form is replaced, not refused: it could break a
log's lines. So is one that holds a personal number, which neither log nor audit may.
"""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, has_request_context, request

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PERSONAL_NUMBER = re.compile(r"(?<![A-Za-z0-9])0(?!00)[0-9]{11}(?![A-Za-z0-9])")
"""Twelve digits by themselves, the first three a province's; a random UUID ends so once in 3000."""


def request_id() -> str:
    """Return the name of the present request; empty where there is none."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        g.request_id = name_of(request.headers.get(HEADER, ""))
    return str(g.request_id)


def name_of(brought: str) -> str:
    """Return a request's name: the one that its caller brought, or a fresh one."""
    if _WELL_FORMED.fullmatch(brought) is None or _PERSONAL_NUMBER.search(brought):
        return uuid.uuid4().hex
    return brought


def name_decision(decision_id: str) -> None:
    """Note that the present request led to a decision: by it, log and audit fit together."""
    if has_request_context():
        g.setdefault("decisions", []).append(decision_id)


def named_decisions() -> str:
    """Return the decisions of the present request with a space between, empty for none."""
    return " ".join(g.get("decisions", ()))


def register_request_ids(app: Flask) -> None:
    """Name every request, and say the name in its answer."""

    @app.after_request
    def name(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        return response
