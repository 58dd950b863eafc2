"""Objects that describe the card: CCC, Discovery, Key History.

Spec: SP 800-73-5 Part 1 sections 3.1.1, 3.3.2 and 3.3.3.
"""

from __future__ import annotations

from cardsvc.card.ccc import CardCapabilityContainer
from cardsvc.card.discovery import Discovery
from cardsvc.card.key_history import KeyHistory
from cardsvc.card.piv import CERTIFICATE_OBJECT, PIV_AID_TRUNCATED, KeySlot, ObjectTag
from cardsvc.errors import ReasonCode
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView, form


def ccc(view: CardView) -> Finding:
    """The Card Capability Container, where there is one, is well-formed."""
    tag = ObjectTag.CARD_CAPABILITY_CONTAINER
    if (finding := form(view, tag, mandatory=False)) is not None:
        return finding
    parsed: CardCapabilityContainer = view.parse(tag)
    model = parsed.data_model
    return passed("" if model is None else f"data model {model:02X}")


def discovery(view: CardView) -> Finding:
    """The Discovery Object names this application and a PIN that opens it."""
    if (finding := form(view, ObjectTag.DISCOVERY, mandatory=False)) is not None:
        return finding
    parsed: Discovery = view.parse(ObjectTag.DISCOVERY)
    if not parsed.aid.startswith(PIV_AID_TRUNCATED):
        return failed(ReasonCode.DISCOVERY_MISMATCH, "it names another application")
    if not parsed.takes_application_pin and not parsed.takes_global_pin:
        return failed(ReasonCode.DISCOVERY_MISMATCH, "no PIN opens the card")
    policy = f"policy {parsed.policy:02X}{parsed.preference:02X}"
    return passed(f"{policy}, primary: {parsed.primary_pin.name.lower()} PIN")


def key_history(view: CardView) -> Finding:
    """The certificates of retired keys that the Key History counts are on the card."""
    held = {slot for slot in KeySlot if slot.is_retired and _holds(view, slot)}
    if (finding := form(view, ObjectTag.KEY_HISTORY, mandatory=False)) is not None:
        if finding.reason is None and held:
            return failed(
                ReasonCode.KEY_HISTORY_MISMATCH,
                f"{len(held)} retired certificates, but no Key History",
            )
        return finding
    history: KeyHistory = view.parse(ObjectTag.KEY_HISTORY)
    counted = set(history.slots_with_certificate)
    if counted != held:
        detail = f"{len(counted)} counted, {len(held)} on the card"
        return failed(ReasonCode.KEY_HISTORY_MISMATCH, detail)
    if not counted and not history.off_card:
        return not_applicable("no retired keys")
    return passed(f"{len(counted)} on the card, {history.off_card} off it")


def _holds(view: CardView, slot: KeySlot) -> bool:
    return view.image.octets(CERTIFICATE_OBJECT[slot]) is not None
