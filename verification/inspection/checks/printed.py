"""The Printed Information against the CHUID.

Spec: SP 800-73-5 Part 1 section 3.1.6 and table 13; FIPS 201-3 section 4.1.4.
"""

from __future__ import annotations

from cardsvc.card.piv import ObjectTag
from cardsvc.card.printed_information import PrintedInformation
from cardsvc.errors import ReasonCode
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView, form


def present(view: CardView) -> Finding:
    """The object, where there is one, is well-formed."""
    if not view.image.pin.verified:
        return not_applicable("the PIN was not accepted, so it was not read")
    return form(view, ObjectTag.PRINTED_INFORMATION, mandatory=False) or passed()


def expiry(view: CardView) -> Finding:
    """The expiration date printed on the card is the CHUID's."""
    printed: PrintedInformation = view.parsed(ObjectTag.PRINTED_INFORMATION)
    day = printed.expiration_date
    if day is None:
        return not_applicable("no expiration date is printed")
    expires = view.chuid.expiration_date
    if day != expires:
        return failed(ReasonCode.PRINTED_MISMATCH, f"printed {day}, CHUID {expires}")
    return passed(f"{day}")
