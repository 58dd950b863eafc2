"""Sends odd requests into the application and holds each answer to the rules of all answers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Flask
from werkzeug.test import TestResponse

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_PROBLEM_FIELDS = {"type", "title", "status", "reason", "request_id"}


class Probe:
    """A caller that checks every answer before it hands it on.

    Args:
        app: the application.
        secrets: texts that no answer may hold, whatever was sent.
    """

    def __init__(self, app: Flask, secrets: tuple[str, ...]) -> None:
        self._client = app.test_client()
        self._secrets = secrets

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw_path: bytes | None = None,
    ) -> TestResponse:
        """Send a request; ``raw_path`` stands for octets that a client would not let through."""
        sent = dict(headers or {})
        sent.setdefault("Content-Type", "application/json")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        environ = {} if raw_path is None else {"PATH_INFO": raw_path.decode("latin-1")}
        response = self._client.open(
            path, method=method, data=body, headers=sent, environ_overrides=environ
        )
        self._check(response)
        return response

    def refused(self, method: str, path: str, body: bytes = b"", *, token: str | None) -> str:
        """Send a request that must be refused; return status and reason."""
        response = self.send(method, path, body, token=token)
        assert response.status_code >= 400, response.get_data()
        return f"{response.status_code} {reason_of(response)}"

    def _check(self, response: TestResponse) -> None:
        body = response.get_data()
        assert response.status_code < 500, body
        # people are led to the console; programs are led nowhere
        if response.request.path != "/" or response.location != "/console":
            assert not 300 <= response.status_code < 400, response.headers
        for name, value in _HEADERS.items():
            assert response.headers[name] == value
        text = body.decode("utf-8", "replace") + str(response.headers)
        assert "Traceback" not in text
        for secret in self._secrets:
            assert secret not in text
        if response.status_code >= 400 and response.request.method != "HEAD":
            _check_problem(response)


def _check_problem(response: TestResponse) -> None:
    """RFC 9457 section 3, and our own member ``reason``."""
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    problem = json.loads(response.get_data())
    assert problem.keys() - {"detail"} == _PROBLEM_FIELDS
    assert problem.get("detail", "said") != ""
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response.headers["X-Request-Id"]
    assert problem["type"] == f"urn:cardsvc:reason:{problem['reason']}"
    assert problem["reason"] == problem["reason"].lower().replace(" ", "_") != ""


def reason_of(response: TestResponse) -> str:
    return str(json.loads(response.get_data())["reason"])
