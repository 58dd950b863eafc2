"""The WSGI application: blueprints, problem documents and headers; no wiring, no rules."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from cardsvc.wire.batch import MAX_BATCH_OCTETS
from web.agent_api import agent_api
from web.agent_events_api import agent_events_api
from web.agent_settings_api import agent_settings_api
from web.bundle_api import bundle_api
from web.console.assemble import register_console
from web.desk_api import desk_api
from web.door_orders_api import door_orders_api
from web.enrolment_api import enrolment_api
from web.events_api import events_api
from web.headers import HARDENING, said_to_agents
from web.metrics_api import metrics_api, register_measuring
from web.named_requests import register_named_answers
from web.oauth_api import oauth_api
from web.openapi.pages import register_reference
from web.operations_api import operations_api
from web.partner_api import partner_api
from web.partner_flows import partner_flows
from web.partner_flows.own_checks import own_checks
from web.partner_flows.portraits import agent_portraits
from web.partner_flows.sessions import agent_sessions
from web.partner_flows.visitor_passes import public_passes
from web.pki_api import pki_api
from web.problems import register_problems
from web.refusals import RefusalLog, register_refusals
from web.request_id import register_request_ids
from web.services import Services
from web.status_api import status_api
from web.status_list_api import status_list_api
from web.strict_requests import PathNumber, register_strict_requests
from web.tap_lane.lane import register_tap_lane


def create_app(services: Services, *, tap_lane: bool = True) -> Flask:
    """Return the application over the given services.

    Args:
        services: the use cases.
        tap_lane: whether a tap's plain requests are served before Flask.
    """
    app = Flask("web", static_folder=None)
    # a path is what it says: no redirects, which clients follow without their token
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = PathNumber
    app.config["MAX_CONTENT_LENGTH"] = MAX_BATCH_OCTETS
    app.register_blueprint(agent_api(services))
    app.register_blueprint(agent_events_api(services))
    app.register_blueprint(bundle_api(services))
    app.register_blueprint(desk_api(services))
    app.register_blueprint(door_orders_api(services))
    app.register_blueprint(agent_settings_api(services))
    app.register_blueprint(oauth_api(services))
    app.register_blueprint(enrolment_api(services))
    app.register_blueprint(partner_api(services))
    app.register_blueprint(events_api(services))
    app.register_blueprint(partner_flows(services))
    app.register_blueprint(agent_sessions(services))
    app.register_blueprint(own_checks(services))
    app.register_blueprint(agent_portraits(services))
    app.register_blueprint(public_passes(services))
    app.register_blueprint(status_api(services))
    app.register_blueprint(status_list_api(services))
    app.register_blueprint(pki_api(services))
    app.register_blueprint(metrics_api(services))
    app.register_blueprint(operations_api(services))
    register_strict_requests(app)
    register_problems(app)
    register_request_ids(app)
    register_refusals(app, RefusalLog(services.record), services.clock)
    register_measuring(app, services.instruments)
    register_named_answers(app)
    register_reference(app)
    register_console(app, services.console)

    @app.before_request
    def start() -> None:
        g.started = time.monotonic()

    @app.after_request
    def harden(response: Response) -> Response:
        headers = response.headers
        # the console has said already what its pages need
        for name, value in HARDENING.items():
            headers.setdefault(name, value)
        if request.path.startswith("/agent/") and "started" in g:
            headers.update(said_to_agents(time.monotonic() - g.started, services.clock.now()))
        return response

    if tap_lane:
        register_tap_lane(app, services)
    return app
