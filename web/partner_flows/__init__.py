"""The partners' API of flows beside a tap, /partner/v1: one file a flow.

``batch`` decides many presentations at once, ``credentials`` QR codes, ``status`` tells where a
card stands.
"""

from __future__ import annotations

from flask import Blueprint

from web.partner_flows import batch, credentials, status
from web.services import Services


def partner_flows(services: Services) -> Blueprint:
    """Return the blueprint of /partner/v1."""
    views = Blueprint("partner_flows", __name__, url_prefix="/partner/v1")
    for flow in (batch, credentials, status):
        flow.add_views(views, services)
    return views
