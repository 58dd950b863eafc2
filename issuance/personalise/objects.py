"""Which data objects a card carries, and what stands in them.

Spec: SP 800-73-5 Part 1 section 3 and appendix A; FIPS 201-3 section 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography import x509

from cardsvc.card.ccc import encode_ccc
from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.chuid import attach_signature, encode_chuid
from cardsvc.card.cms import OID_CHUID_SECURITY_OBJECT
from cardsvc.card.cms_signing import SignatureSettings, sign_detached
from cardsvc.card.discovery import Discovery, encode_discovery
from cardsvc.card.facial_image import FacialImage, sign_facial_image
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.key_history import KeyHistory, encode_key_history
from cardsvc.card.piv import CERTIFICATE_OBJECT, ObjectTag
from cardsvc.card.printed_information import (
    PrintedInformation,
    encode_printed_information,
    format_printed_date,
)
from cardsvc.card.security_object import sign_security_object
from cardsvc.clock import VIETNAM_TIME
from cardsvc.records import KeyRecord
from cardsvc.terms import CardType
from issuance.personalise.photo import measure_photo
from issuance.personalise.plan import PersonalisationPlan
from issuance.ports import ContentSigner

OPTIONAL_OBJECTS: Mapping[ObjectTag, bytes] = {
    ObjectTag.DISCOVERY: encode_discovery(Discovery()),
    ObjectTag.KEY_HISTORY: encode_key_history(KeyHistory()),
}
"""Written where the card lets us: many cards make these themselves (Part 1 section 3.3)."""

ISSUER_TEXT = "cardsvc"
"""Issuer identification of the Printed Information, at most 15 octets (Part 1 table 13)."""
_NAME_OCTETS = 125
_LINE_OCTETS = 20


def content_objects(
    plan: PersonalisationPlan, keys: tuple[KeyRecord, ...], signer: ContentSigner, at: datetime
) -> dict[ObjectTag, bytes]:
    """Return the objects that every card takes, without the CHUID and the Security Object.

    Args:
        plan: for whom.
        keys: as certified.
        signer: signs the photo.
        at: the instant of signing.
    """
    contents = {
        CERTIFICATE_OBJECT[key.slot]: encode_certificate_object(
            x509.load_der_x509_certificate(key.certificate_der)
        )
        for key in keys
    }
    contents[ObjectTag.CARD_CAPABILITY_CONTAINER] = encode_ccc(plan.guid)
    contents[ObjectTag.PRINTED_INFORMATION] = encode_printed_information(printed(plan))
    if plan.photo_jpeg is not None:
        contents[ObjectTag.FACIAL_IMAGE] = _facial_image(plan, plan.photo_jpeg, signer, at)
    return contents


def _facial_image(
    plan: PersonalisationPlan, jpeg: bytes, signer: ContentSigner, at: datetime
) -> bytes:
    width, height = measure_photo(jpeg)
    photo = FacialImage(
        jpeg,
        width,
        height,
        taken_at=at,
        valid_from=at,
        valid_until=plan.expires_at,
        creator=ISSUER_TEXT,
    )
    return sign_facial_image(photo, plan.guid, NON_FEDERAL_FASCN, _settings(signer, at))


def printed(plan: PersonalisationPlan) -> PrintedInformation:
    """Return what the card's face says; only behind the PIN, so it may name the holder."""
    holder = plan.approved.application.holder
    affiliation, organisation, unit = "", "", ""
    if plan.card_type is CardType.CIVIL_SERVANT and holder.employment is not None:
        post = holder.employment
        affiliation, organisation, unit = post.position, post.agency_name, post.unit_name
    elif plan.card_type is CardType.BUSINESS and holder.delegation is not None:
        organisation = holder.delegation.enterprise_name
    return PrintedInformation(
        name=shorten(holder.name.value, _NAME_OCTETS),
        employee_affiliation=shorten(affiliation, _LINE_OCTETS),
        expiration_date_text=format_printed_date(plan.expires_at.astimezone(VIETNAM_TIME).date()),
        agency_card_serial_number=plan.guid.octets.hex().upper()[:_LINE_OCTETS],
        issuer_identification=ISSUER_TEXT,
        organization_affiliation_line_1=shorten(organisation, _LINE_OCTETS),
        organization_affiliation_line_2=shorten(unit, _LINE_OCTETS),
    )


def shorten(text: str, most_octets: int) -> str:
    """Return the start of a text that fits in so many octets of UTF-8; no letter is halved."""
    return text.encode()[:most_octets].decode(errors="ignore").rstrip()


def chuid_object(plan: PersonalisationPlan, signer: ContentSigner, at: datetime) -> bytes:
    """Return the signed CHUID; the signer's certificate goes with it (FIPS 201-3 section 4.2.1)."""
    day = plan.expires_at.astimezone(VIETNAM_TIME).date()
    unsigned = encode_chuid(plan.guid, day)
    signature = sign_detached(unsigned, OID_CHUID_SECURITY_OBJECT, _settings(signer, at))
    return attach_signature(unsigned, signature)


def security_object(
    contents: Mapping[ObjectTag, bytes], signer: ContentSigner, at: datetime
) -> bytes:
    """Return the Security Object over every object but the certificates.

    Spec: SP 800-73-5 Part 1 section 3.1.7; certificates vouch for themselves.

    Args:
        contents: the objects as they are on the card.
        signer: the CHUID's.
        at: the instant of signing.
    """
    certificates = frozenset(CERTIFICATE_OBJECT.values())
    covered = {tag: content for tag, content in contents.items() if tag not in certificates}
    return sign_security_object(covered, _settings(signer, at))


def _settings(signer: ContentSigner, at: datetime) -> SignatureSettings:
    return SignatureSettings(signer.certificate, signer.sign, signing_time=at)
