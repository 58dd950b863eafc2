"""Many cards at once, made where cards are made by the thousand: their public keys are given.

For each chunk of cards, in this order, each step committed before the next:
1. The approved applications get their cards, under PERSONALISING, with places in status lists.
2. The CA checks every request, lints every draft, and records serial numbers and tokens.
3. It signs what it recorded; the certificates are on hold from the first.
4. The RA re-checks what came back; the cards are PERSONALISED, with their keys on record.

A chunk is done or it is not: run again with the same list, cards that are done are passed over.
Of a run that was cut off, cards stay PERSONALISING, valid to nobody, with keys that are not
certified twice: they are spoiled (``lifecycle.spoil``) and made anew. Nobody gets a card by this:
each is handed over and activated one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode, VaultError
from cardsvc.lifecycle import ApplicationState, CardEvent, CardState, advance_card
from cardsvc.operator_key import operator_key
from cardsvc.records import Application, ApprovedApplication, CardRecord
from issuance.bulk_ports import BulkStore, BulkTransaction
from issuance.duties import require_third_person
from issuance.personalise.certified_series import CertifiedSeries
from issuance.personalise.certify import ExpectedIssuer
from issuance.personalise.plan import (
    DEFAULT_VALIDITY,
    KeyPlan,
    PersonalisationPlan,
    card_expiry,
)
from issuance.ports import SLOT_PROFILE, CertificateAuthority, CertificateRequest
from issuance.stock.card_blanks import StockRule

UNFINISHED = (CardState.PERSONALISING, CardState.TORN)
CHUNK = 1000
"""Cards of one transaction: some 4,000 certificates; a commit's price is spread over them."""


@dataclass(frozen=True, slots=True)
class CardToMake:
    """A card that is made elsewhere.

    Args:
        application_id: the approved application.
        guid: the card's identifier, random.
        keys: its public keys by slot; 9A and 9E at least. Whoever made the card vouches that it
            holds the private halves.
    """

    application_id: str
    guid: CardGuid
    keys: Mapping[KeySlot, CardPublicKey] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BulkTools:
    """What issuing many cards works with.

    Args:
        store: keeps cards by the hundred.
        authority: certifies.
        stock: these cards' blanks are in no book of ours: with ENFORCE none is made.
        validity: how long a card is valid, at most.
    """

    store: BulkStore
    authority: CertificateAuthority
    stock: StockRule
    validity: timedelta = DEFAULT_VALIDITY


@dataclass(slots=True)
class BulkReport:
    """How a list of cards fared.

    Attributes:
        made: cards that are personalised now.
        done_before: cards that an earlier run made.
        refused: why the others were not made, by application.
    """

    made: list[CardGuid] = field(default_factory=list)
    done_before: list[CardGuid] = field(default_factory=list)
    refused: dict[str, ReasonCode] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Run:
    tools: BulkTools
    report: BulkReport
    operator: str
    at: datetime

    def record(
        self, unit: BulkTransaction, action: AuditAction, guid: CardGuid, facts: AuditFacts
    ) -> None:
        unit.record(AuditEvent(self.at, self.operator, action, str(guid), facts))


@dataclass(frozen=True, slots=True)
class _Begun:
    card: CardRecord
    plan: PersonalisationPlan
    keys: Mapping[KeySlot, CardPublicKey]


def issue_many(
    tools: BulkTools,
    cards: Sequence[CardToMake],
    *,
    operator: str,
    now: Callable[[], datetime],
    chunk: int = CHUNK,
) -> Iterator[BulkReport]:
    """Make many cards; yield the report as it stands after each chunk.

    Args:
        tools: the ports.
        cards: what to make; each application and each GUID once.
        operator: who answers for it.
        now: the clock, asked once a chunk.
        chunk: cards of one transaction.

    Raises:
        IssuanceError: the books of blanks are enforced (BLANK_REQUIRED); an application or a card
            is in the list twice (CARD_IN_USE).
        CardsvcError: the store or the CA failed; chunks before this one stand.
    """
    if tools.stock is StockRule.ENFORCE:
        raise IssuanceError(ReasonCode.BLANK_REQUIRED, "cards made elsewhere have no blank here")
    for named in ({card.application_id for card in cards}, {card.guid for card in cards}):
        if len(named) != len(cards):
            raise IssuanceError(ReasonCode.CARD_IN_USE, "the list names something twice")
    report = BulkReport()
    for start in range(0, len(cards), chunk):
        run = _Run(tools, report, operator, require_utc(now()))
        _make(run, _begin(run, cards[start : start + chunk]))
        yield report


def _begin(run: _Run, cards: Sequence[CardToMake]) -> list[_Begun]:
    report, begun = run.report, list[_Begun]()
    identifiers = sorted(card.application_id for card in cards)
    # planned before the transaction, in which everybody else waits for us
    applications = run.tools.store.applications(identifiers)
    planned = [_plan_or_refuse(run, asked, applications) for asked in cards]
    with run.tools.store.transaction() as unit:
        unchanged = unit.unchanged(applications.values())
        standing = unit.standing_cards(identifiers)
        known = unit.known_cards([card.guid for card in cards])
        for asked, plan in zip(cards, planned, strict=True):
            application_id = asked.application_id
            if application_id in standing or asked.guid in known:
                _pass_over(report, asked, standing)
            elif isinstance(plan, ReasonCode):
                report.refused[application_id] = plan
            elif application_id not in unchanged:
                report.refused[application_id] = ReasonCode.CONCURRENT_CHANGE
            else:
                begun.append(plan)
        unit.add_cards([one.card for one in begun])
        for one in begun:
            facts: AuditFacts = {"application": one.card.application_id, "made": "elsewhere"}
            run.record(unit, AuditAction.CARD_PERSONALISING, one.card.guid, facts)
    return begun


def _plan_or_refuse(
    run: _Run, asked: CardToMake, applications: Mapping[str, Application]
) -> _Begun | ReasonCode:
    application = applications.get(asked.application_id)
    if application is None:
        return ReasonCode.APPLICATION_UNKNOWN
    if application.state is not ApplicationState.APPROVED:
        return ReasonCode.ILLEGAL_TRANSITION
    try:
        return _plan(run, asked, ApprovedApplication(application))
    except IssuanceError as error:
        return error.reason


def _pass_over(
    report: BulkReport, asked: CardToMake, standing: Mapping[str, tuple[CardGuid, CardState]]
) -> None:
    """Tell a card that is done from an application or a GUID that another card has."""
    guid, state = standing.get(asked.application_id, (None, None))
    if guid == asked.guid and state not in UNFINISHED:
        report.done_before.append(asked.guid)
    else:
        report.refused[asked.application_id] = ReasonCode.CARD_IN_USE


def _plan(run: _Run, asked: CardToMake, approved: ApprovedApplication) -> _Begun:
    expires_at = card_expiry(approved, run.at, run.tools.validity)
    if expires_at <= run.at:
        raise IssuanceError(ReasonCode.CARD_EXPIRED, "the delegation has ended")
    application = approved.application
    require_third_person(application, run.operator)
    if not asked.keys.keys() <= SLOT_PROFILE.keys():
        raise IssuanceError(ReasonCode.KEY_MISSING, "a key of a slot that has no profile")
    slots = tuple(KeyPlan(slot) for slot in asked.keys)
    card = CardRecord(
        guid=asked.guid,
        card_type=application.card_type,
        holder_id=application.holder.id,
        application_id=application.id,
        state=CardState.PERSONALISING,
        expires_at=expires_at,
        personalised_by=operator_key(run.operator),
        realm=application.realm,
    )
    return _Begun(card, PersonalisationPlan(approved, asked.guid, expires_at, slots), asked.keys)


def _make(run: _Run, begun: Sequence[_Begun]) -> None:
    """Steps 2 to 4; what the CA refuses is narrowed down to the cards that it refuses for."""
    if not begun:
        return
    authority = run.tools.authority
    try:
        tokens = authority.prepare_all(_requests(begun), run.at)
    except VaultError as error:
        if len(begun) == 1:
            _give_up(run, begun[0], error.reason)
            return
        half = len(begun) // 2
        for part in (begun[:half], begun[half:]):
            _make(run, part)
        return
    certificates = iter(authority.sign_all(tokens, run.at))
    series = {
        issued: CertifiedSeries(ExpectedIssuer.of(authority.issuer(*issued)))
        for issued in {(one.card.card_type, one.card.realm) for one in begun}
    }
    finished = []
    for one in begun:
        accept = series[one.card.card_type, one.card.realm].accept
        keys = tuple(
            accept(next(certificates), one.plan, slot, key, run.at)
            for slot, key in one.keys.items()
        )
        state = advance_card(one.card.state, CardEvent.VERIFY_CONTENT)
        finished.append(replace(one.card, state=state, keys=keys))
    with run.tools.store.transaction() as unit:
        for card in finished:
            facts: AuditFacts = {"made": "elsewhere", "certificates": len(card.keys)}
            run.record(unit, AuditAction.CARD_PERSONALISED, card.guid, facts)
        unit.finish_cards(finished)  # from here on others wait for us
    run.report.made += [card.guid for card in finished]


def _requests(begun: Sequence[_Begun]) -> list[CertificateRequest]:
    return [
        CertificateRequest(
            SLOT_PROFILE[slot],
            one.plan.card_type,
            one.plan.realm,
            one.plan.guid,
            key,
            one.plan.expires_at,
            one.plan.subject(slot),
        )
        for one in begun
        for slot, key in one.keys.items()
    ]


def _give_up(run: _Run, one: _Begun, reason: ReasonCode) -> None:
    spoiled = replace(one.card, state=advance_card(one.card.state, CardEvent.SPOIL))
    with run.tools.store.transaction() as unit:
        unit.finish_cards([spoiled])
        facts: AuditFacts = {"reason": reason.value}
        run.record(unit, AuditAction.CARD_SPOILED, one.card.guid, facts)
    run.report.refused[one.card.application_id] = reason
