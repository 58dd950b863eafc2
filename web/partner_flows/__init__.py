"""The APIs of flows beside a tap, /partner/v1 and /agent/v1: one file a flow.

``batch`` decides many presentations at once, ``credentials`` QR codes, ``status`` tells where a
card stands, ``sessions`` leads a card at a counter from the chip to the officer's photo match;
``delegations`` tells whether a delegate may act for a company; ``visitor_passes`` are issued by
hosts and shown at gates; ``own_checks`` tells a holder who checked the card, and ``portraits`` are
handed to whoever brought it.
"""

from __future__ import annotations

from flask import Blueprint

from web.partner_flows import (
    batch,
    credentials,
    delegations,
    portraits,
    sessions,
    status,
    visitor_passes,
)
from web.services import Services


def partner_flows(services: Services) -> Blueprint:
    """Return the blueprint of /partner/v1."""
    views = Blueprint("partner_flows", __name__, url_prefix="/partner/v1")
    for flow in (batch, credentials, status, portraits, sessions, delegations, visitor_passes):
        flow.add_views(views, services)
    return views
