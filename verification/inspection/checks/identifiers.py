"""Do certificates name the card that the CHUID names?

A PIV card's certificates carry FASC-N and GUID, those of older cards the FASC-N alone, and
those of issuers outside the US government (PIV-I, and we) the GUID alone. Whatever is there
must agree; something that names one card must be there.
Spec: SP 800-73-5 Part 1 sections 3.4.1 and 3.4.2; FIPS 201-3 section 4.2.2; PIV-I profiles.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from cardsvc.card.chuid import UnverifiedChuid
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.piv_identifiers import card_fascn, card_guids
from cardsvc.errors import ReasonCode
from verification.inspection.checks.certificates import MANDATORY
from verification.inspection.report import Finding, failed, not_applicable, passed
from verification.inspection.view import CardView


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What an object or certificate calls the card; empty where it does not say."""

    fascn: Fascn | None = None
    guids: tuple[CardGuid, ...] = ()

    @property
    def names_one_card(self) -> bool:
        """True where a GUID is there, or a FASC-N of a federal agency."""
        federal = self.fascn is not None and not self.fascn.is_non_federal
        return federal or any(not guid.is_zero for guid in self.guids)

    def describe(self) -> str:
        """Return what is there, for a sentence."""
        names = ["FASC-N"] if self.fascn is not None else []
        return " + ".join(names + ["GUID" for _ in self.guids]) or "nothing"


def of_certificate(certificate: x509.Certificate) -> Identifiers:
    """Return what a certificate's subjectAltName calls the card."""
    return Identifiers(card_fascn(certificate), card_guids(certificate))


def compare(found: Identifiers, chuid: UnverifiedChuid) -> Finding | None:
    """Return how identifiers contradict the CHUID, or None where they agree."""
    if found.fascn is not None and found.fascn.octets != chuid.fascn.octets:
        return failed(ReasonCode.FASCN_MISMATCH, "the FASC-N is not the CHUID's")
    if found.guids and chuid.guid not in found.guids:
        return failed(ReasonCode.GUID_MISMATCH, "the GUID is not the CHUID's")
    return None


def identifiers(view: CardView, slot: KeySlot) -> Finding:
    """The certificate names this card, by FASC-N or GUID, as the CHUID does."""
    found = of_certificate(view.certificate(slot))
    if slot in MANDATORY and not found.names_one_card:
        return failed(ReasonCode.IDENTIFIER_MISSING, "neither GUID nor a federal FASC-N")
    if slot not in MANDATORY and not found.names_one_card:
        return not_applicable(f"it names the person only{_compared_to_holder(view, slot)}")
    mismatch = compare(found, view.chuid)
    return mismatch or passed(f"{found.describe()} as in the CHUID")


def _compared_to_holder(view: CardView, slot: KeySlot) -> str:
    """Return whether the subject is 9A's; issuers may word one person's names differently."""
    if not view.has_certificate(KeySlot.AUTHENTICATION):
        return ""
    holder = view.certificate(KeySlot.AUTHENTICATION).subject
    same = view.certificate(slot).subject == holder
    return ", as 9A does" if same else ", in other words than 9A"


def identifiers_present(view: CardView, slot: KeySlot) -> Finding:
    """The certificate names a card by FASC-N or GUID (what a door can see)."""
    found = of_certificate(view.certificate(slot))
    if not found.names_one_card:
        return failed(ReasonCode.IDENTIFIER_MISSING, "neither GUID nor a federal FASC-N")
    return passed(found.describe())


def outlives(view: CardView, slot: KeySlot) -> Finding:
    """The certificate does not outlive the card (FIPS 201-3 section 5.2.1, SP 800-85B)."""
    last = view.certificate(slot).not_valid_after_utc.date()
    expires = view.chuid.expiration_date
    detail = f"certificate {last}, card {expires}"
    # the card's date is a calendar day without a zone: one day of grace for issuers west of UTC
    if (last - expires).days > 1:
        if slot is KeySlot.KEY_MANAGEMENT:
            return not_applicable(f"{detail}; it only opens what was enciphered before")
        return failed(ReasonCode.CERTIFICATE_OUTLIVES_CARD, detail)
    return passed(detail)
