"""Could the card be read at all, and did it take the PIN?"""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView, name_of


def application(view: CardView) -> Finding:
    """SELECT finds the PIV application (SP 800-73-5 Part 2 section 3.1.1)."""
    properties = view.image.application
    if properties is None:
        fault = view.image.fault
        reason = fault.reason if fault else ReasonCode.NO_PIV_APPLICATION
        return failed(reason, fault.detail if fault else "")
    return passed(properties.label)


def read_to_the_end(view: CardView) -> Finding:
    """The card stayed and answered until everything asked for was read."""
    if view.image.application is None:
        return not_applicable("nothing was asked")
    fault = view.image.fault
    if fault is not None:
        return failed(fault.reason, fault.detail)
    for tag, reading in view.image.readings.items():
        if reading.reason is not None and reading.reason.value.startswith("malformed_"):
            return failed(reading.reason, f"{name_of(tag)} came in no form that can be read")
    read = [tag for tag, reading in view.image.readings.items() if reading.octets is not None]
    return passed(f"{len(read)} of {len(view.image.readings)} objects are there")


def pin(view: CardView) -> Finding:
    """The PIN that the Discovery Object names is accepted (Part 2 section 3.2.1)."""
    outcome = view.image.pin
    name = f"{outcome.reference.name.lower()} PIN"
    if outcome.verified:
        return passed(name)
    tries = "" if outcome.tries_left is None else f", {outcome.tries_left} tries left"
    return failed(outcome.reason or ReasonCode.PIN_REQUIRED, f"{name}{tries}")
