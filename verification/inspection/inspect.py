"""The inspection itself: every check of the mode's list, in order, to its end."""

from __future__ import annotations

from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm

from cardsvc.card.fascn import Fascn
from cardsvc.card.piv import KeySlot
from cardsvc.clock import require_utc
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.terms import AssuranceLevel
from verification.inspection.catalogue import CHECKS, CheckDefinition
from verification.inspection.checks.identifiers import of_certificate
from verification.inspection.image import CardImage
from verification.inspection.report import (
    CardIdentifiers,
    Check,
    Finding,
    InspectionReport,
    Mode,
    Result,
    Verdict,
    failed,
    not_applicable,
)
from verification.inspection.view import CardView, Skip
from verification.path.trust import TrustMaterial
from verification.status.revocation import RevocationMaterial

_READING_CHECKS = frozenset({"card.application", "card.reading"})
_NO_PIV_ANSWER = frozenset({ReasonCode.UNEXPECTED_STATUS})


def inspect_card(
    image: CardImage,
    trust: TrustMaterial,
    revocation: RevocationMaterial | None,
    at: datetime,
) -> InspectionReport:
    """Judge one card by everything that was read of it.

    Args:
        image: what was read, and in which mode.
        trust: anchors and intermediates.
        revocation: CRLs and OCSP responses; None leaves the status unchecked.
        at: the instant everything is judged at.

    Returns:
        The report; ``accept`` only where no check failed.
    """
    view = CardView(image, trust, revocation, require_utc(at))
    unread = image.application is None or image.fault is not None
    checks = tuple(
        Check(number, one.id, one.vi, one.en, one.spec, _find(one, view, unread=unread))
        for number, one in enumerate(CHECKS[image.mode], start=1)
    )
    verdict = _verdict(checks, image, unread=unread)
    level = AssuranceLevel.X0
    if verdict is Verdict.ACCEPT:
        level = AssuranceLevel.X2 if image.mode is Mode.FULL else AssuranceLevel.X1
    return InspectionReport(verdict, level, image.mode, view.at, _identifiers(view), checks)


def _find(check: CheckDefinition, view: CardView, *, unread: bool) -> Finding:
    if unread and check.id not in _READING_CHECKS:
        return not_applicable("the card could not be read")
    try:
        return check.run(view)
    except Skip as skip:
        return not_applicable(str(skip))
    except CardsvcError as error:
        return failed(error.reason, str(error))
    except (ValueError, TypeError, LookupError, UnsupportedAlgorithm) as error:
        # a library's lazy parser met what no specification allows: never an accept
        return failed(ReasonCode.MALFORMED_MESSAGE, f"{type(error).__name__} in {check.id}")


def _verdict(checks: tuple[Check, ...], image: CardImage, *, unread: bool) -> Verdict:
    results = [check.finding.result for check in checks]
    if unread or _is_garbage(image):
        return Verdict.UNREADABLE
    if Result.FAIL in results or Result.PASS not in results:
        return Verdict.REJECT
    return Verdict.ACCEPT


def _is_garbage(image: CardImage) -> bool:
    """Tell whether no object was given and the card did not even answer as PIV cards do."""
    readings = image.readings.values()
    if any(reading.octets is not None for reading in readings):
        return False
    return any(
        reading.reason is not None
        and (reading.reason in _NO_PIV_ANSWER or reading.reason.value.startswith("malformed_"))
        for reading in readings
    )


def _identifiers(view: CardView) -> CardIdentifiers:
    """Return what the card calls itself: by the CHUID, else by a certificate."""
    atr = view.image.atr.hex()
    label = view.image.application.label if view.image.application else ""
    try:
        chuid = view.chuid
    except Skip:
        return _identifiers_of_certificate(view, atr, label)
    guid = None if chuid.guid.is_zero else str(chuid.guid)
    return CardIdentifiers(guid, _card_part(chuid.fascn), chuid.expiration_date, atr, label)


def _card_part(fascn: Fascn) -> str:
    """Return the part of a FASC-N that names the card; the part that names the person is left out.

    Spec: TIG SCEPACS 2.3 section 2.1: agency, system, credential, series, issue.
    """
    try:
        fields = fascn.decode()
    except Malformed:
        return "?"
    parts = (
        fields.agency_code,
        fields.system_code,
        fields.credential_number,
        fields.credential_series,
        fields.individual_issue,
    )
    return "-".join(parts)


def _identifiers_of_certificate(view: CardView, atr: str, label: str) -> CardIdentifiers:
    try:
        found = of_certificate(view.certificate(KeySlot.CARD_AUTHENTICATION))
    except (Skip, CardsvcError, ValueError):
        return CardIdentifiers(atr=atr, application=label)
    guid = str(found.guids[0]) if found.guids else None
    fascn = _card_part(found.fascn) if found.fascn else None
    return CardIdentifiers(guid, fascn, None, atr, label)
