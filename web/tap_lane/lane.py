"""A tap's two requests, served before Flask: what a kiosk's holder waits for (ADR-0036).

The lane answers what is plain, comes from an agent and succeeds. Whatever else comes, or comes of
it, goes the usual way through the application: refusals, faults and their records are made there
and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, g, request

from cardsvc.errors import Malformed
from cardsvc.wire.tap import ChallengeRequest, PresentationMessage
from web import taps
from web.headers import HARDENING, said_to_agents
from web.metrics_api import Answered, note_answered
from web.request_id import HEADER as REQUEST_ID
from web.services import Services
from web.strict_requests import JSON
from web.tap_lane.counter import Brought, TapCounter
from web.tap_lane.plain import PlainRequest, plain_request
from web.tap_lane.sign_in import sign_in

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_FAILURE, _AGENT = "cardsvc.lane_failure", "cardsvc.lane_agent"
"""Of the WSGI environment; no header can set them (PEP 3333: those are HTTP_…)."""
_SAID = (*HARDENING.items(), ("Content-Type", JSON), ("Cache-Control", "no-store"))


@dataclass(frozen=True, slots=True)
class _Served:
    """What a request came to.

    Args:
        body: the answer.
        decision: its identifier; empty for none.
    """

    body: bytes
    decision: str = ""


class TapLane:
    """A WSGI application (PEP 3333) around the usual one.

    Args:
        usual: the application.
        services: the use cases.
    """

    def __init__(self, usual: WSGIApplication, services: Services) -> None:
        self._usual = usual
        self._services = services
        self._counter = TapCounter(services)
        self._ways: Mapping[str, Callable[[PlainRequest], _Served | None]] = {
            "/agent/v1/challenges": self._ask,
            "/agent/v1/presentations": self._present,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        way = self._ways.get(environ.get("PATH_INFO", ""))
        if way is None:
            return self._usual(environ, start_response)
        began = time.perf_counter()
        plain = plain_request(environ)
        if plain is not None:
            try:
                served = way(plain)
            except Exception as error:  # noqa: BLE001 - raised again where problems are told
                environ[_FAILURE], environ[_AGENT] = error, plain.agent
            else:
                if served is not None:
                    return self._answer(plain, start_response, served, began)
        return self._usual(environ, start_response)

    def _ask(self, plain: PlainRequest) -> _Served | None:
        """Open a challenge; None where it is not ours to answer."""
        try:
            asked = ChallengeRequest.parse(plain.body)
        except Malformed:
            return None
        services = self._services
        at = services.clock.now()
        sign_in(services, [plain], at)
        if plain.agent is None:
            return None
        return _Served(taps.ask(services, asked, plain.agent, at).encode())

    def _present(self, plain: PlainRequest) -> _Served | None:
        """Decide a presentation; None where it is not ours to answer."""
        try:
            message = PresentationMessage.parse(plain.body)
        except Malformed:
            return None
        settled = self._counter.settle(Brought(plain, message))
        if settled is None:
            return None
        return _Served(taps.decision_message(settled).encode(), settled.id)

    def _answer(
        self,
        plain: PlainRequest,
        start_response: StartResponse,
        served: _Served,
        began: float,
    ) -> Iterable[bytes]:
        seconds = time.perf_counter() - began
        headers = [
            *_SAID,
            ("Content-Length", str(len(served.body))),
            (REQUEST_ID, plain.name),
            *said_to_agents(seconds, self._services.clock.now()).items(),
        ]
        start_response("200 OK", headers)
        answered = Answered("POST", plain.path, 200, seconds, plain.name, served.decision)
        note_answered(self._services.instruments, answered)
        return [served.body]


def register_tap_lane(app: Flask, services: Services) -> None:
    """Put the lane before an application, and let this one tell what failed there."""
    app.wsgi_app = TapLane(app.wsgi_app, services)  # type: ignore[method-assign]

    @app.before_request
    def tell() -> None:
        failure = request.environ.get(_FAILURE)
        if failure is not None:
            if (agent := request.environ[_AGENT]) is not None:
                g.caller = agent
            raise failure
