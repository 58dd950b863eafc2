"""Finding the policy that a page is about."""

from __future__ import annotations

from flask import abort, request

from verification.policy.shelf import ServiceShelf, ShelvedVersion, shelves
from web.console.services import ConsoleServices
from web.console.visitor import request_instant


def find_shelf(services: ConsoleServices, partner_id: str) -> ServiceShelf:
    """Return a service's policy; there is no page of one that is not there."""
    service, at = request.args.get("service", ""), request_instant(services)
    if not service or not f"{partner_id}{service}".isprintable():
        abort(404)
    found = shelves(services.integration.shelf, at, partner_id, service)
    if not found:
        abort(404)
    return found[0]


def find_version(
    services: ConsoleServices, partner_id: str, version: int
) -> tuple[ServiceShelf, ShelvedVersion]:
    """Return a version with the policy that it is of."""
    shelf = find_shelf(services, partner_id)
    found = [one for one in shelf.versions if one.version.policy.version == version]
    if not found:
        abort(404)
    return shelf, found[0]
