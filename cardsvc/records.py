"""What the service keeps, as frozen values. The store maps them; nobody edits one in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.number_alias import NumberAlias
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.operator_key import is_same_operator
from cardsvc.terms import ApplicationKind, CardType, Realm, SuspensionCause


@dataclass(frozen=True, slots=True)
class Employment:
    """A civil servant's post: the facts that Decision 838/QĐ-BNV prints.

    Args:
        agency_code: the managing agency when this was recorded; it may have a successor today.
        agency_name: its name then, as printed.
        unit_name: the unit within the agency.
        position: position, title or job.
        category: kind of staff.
        staff_code: the agency's own number of the employee, or nothing.
        until: the last day of the employment (inclusive); None while it lasts.
    """

    agency_code: AgencyCode
    agency_name: str
    unit_name: str
    position: str
    category: StaffCategory
    staff_code: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a business delegate may do for the company, and until when (inclusive)."""

    enterprise_number: EnterpriseNumber
    enterprise_name: str
    scope: str
    until: date


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who is given a card.

    Args:
        id: our own opaque identifier (UUID text).
        name: the legal name as printed, NFC.
        personal_number: 12 digits; shown masked everywhere.
        birth_date: None where it is not known to the day.
        employment: civil servants only.
        delegation: business delegates only.
        sex: as the identity document says.
        phone: where the holder is reached.
        email: where the holder is reached.
        aliases: former numbers; they find old records and prove nothing.
        version: counts the changes, for optimistic locking; no fact of the person.
    """

    id: str
    name: PersonName
    personal_number: PersonalNumber
    birth_date: date | None = None
    employment: Employment | None = None
    delegation: Delegation | None = None
    sex: Sex | None = None
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    aliases: tuple[NumberAlias, ...] = ()
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DecisionNote:
    """Why a request was returned, rejected or withdrawn; the latest one stays with it.

    Args:
        code: a short code; goes into the audit log, so no personal data.
        by: who decided.
        at: when.
        fields: the names of the facts to complete, such as ``holder.name``.
        text: for the person who completes it; may hold personal data, sealed at rest.
    """

    code: str
    by: str
    at: datetime
    fields: tuple[str, ...] = ()
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Application:
    """A request for a card, by one operator.

    Args:
        id: our own opaque identifier.
        card_type: what is asked for.
        holder: for whom.
        requested_by: whoever answers for the facts as they now are.
        requested_at: when.
        state: where it stands.
        approved_by: the second person.
        approved_at: when that was.
        kind: why a card is asked for.
        replaces: the card whose place the new one takes; None for a new one only.
        note: of the latest return, rejection or withdrawal.
        decision_id: the decision by which it was approved together with others.
        realm: of the card that is asked for.
    """

    id: str
    card_type: CardType
    holder: Holder
    requested_by: str
    requested_at: datetime
    state: ApplicationState = ApplicationState.REQUESTED
    approved_by: str | None = None
    approved_at: datetime | None = None
    kind: ApplicationKind = ApplicationKind.NEW
    replaces: CardGuid | None = None
    note: DecisionNote | None = None
    decision_id: str | None = None
    realm: Realm = Realm.PRODUCTION

    def __post_init__(self) -> None:
        if (self.kind is ApplicationKind.NEW) != (self.replaces is None):
            raise IssuanceError(
                ReasonCode.APPLICATION_INCOMPLETE, "a renewal or replacement names the old card"
            )


@dataclass(frozen=True, slots=True)
class ApprovedApplication:
    """An application that a second person approved. Can't be made otherwise."""

    application: Application

    def __post_init__(self) -> None:
        application = self.application
        if application.state is not ApplicationState.APPROVED or application.approved_by is None:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the application is not approved")
        if is_same_operator(application.approved_by, application.requested_by):
            raise IssuanceError(
                ReasonCode.SAME_OPERATOR, "requester and approver are the same operator"
            )


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key of a card as the CA certified it.

    Args:
        slot: where the card keeps it.
        algorithm: its algorithm.
        spki_sha256: SHA-256 over the SubjectPublicKeyInfo, 32 octets.
        issuer_key_id: the issuing CA's subject key identifier.
        serial: the certificate's serial number.
        certificate_der: the certificate.
        not_after: the certificate's last instant.
    """

    slot: KeySlot
    algorithm: Algorithm
    spki_sha256: bytes
    issuer_key_id: bytes
    serial: int
    certificate_der: bytes
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why a card is locked, and until when.

    Args:
        cause: why.
        until: the instant at which it is unlocked by itself; a leave alone has one.
    """

    cause: SuspensionCause
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.cause is not SuspensionCause.LEAVE:
            msg = "only a leave ends by itself"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card as the service knows it.

    Args:
        guid: its identifier.
        card_type: what it was issued as.
        holder_id: whose it is.
        application_id: by which application.
        state: where it stands.
        expires_at: the last instant at which it can be valid.
        keys: the certified keys; empty until personalised.
        version: counts the changes, for optimistic locking.
        replaced_by: the card that took its place.
        suspension: why it is locked, while it is.
        personalised_by: who made it, at the desk.
        handed_over_by: who gave it to the holder.
        realm: where it is a card at all; its application's.
    """

    guid: CardGuid
    card_type: CardType
    holder_id: str
    application_id: str
    state: CardState
    expires_at: datetime
    keys: tuple[KeyRecord, ...] = ()
    version: int = 0
    replaced_by: CardGuid | None = None
    suspension: Suspension | None = None
    personalised_by: str | None = None
    handed_over_by: str | None = None
    realm: Realm = Realm.PRODUCTION

    def key(self, slot: KeySlot) -> KeyRecord | None:
        """Return the key on record for a slot."""
        return next((key for key in self.keys if key.slot is slot), None)
