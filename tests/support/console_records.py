"""Applications, cards and cases of known identifiers, so that every page has something to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from cardsvc.batch_records import BatchKind, BatchOrder, Selection
from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import CallerCheck, LossChannel
from cardsvc.records import CardRecord
from cardsvc.stock_records import StockKeeper
from cardsvc.terms import CardType
from issuance.approve import approve, return_for_completion
from issuance.batches.plan import plan_batch
from issuance.card_jobs import place_card_job
from issuance.enrol import request_card
from issuance.losses.report import report_to_operator
from issuance.stock.keeping import put_keeper, receive
from issuance.unblock import request_unblock
from tests.support.installations import DESK, ServiceUnderTest
from tests.support.people import another
from web.console import application_deeds, card_deeds

NAMES = {
    "cho-duyet": "Nguyễn Thị Minh Khuê",
    "cho-duyet-2": "Trần Quốc Bảo",
    "tra-lai": "Lê Thị Hồng Ánh",
    "da-duyet": "Phạm Văn Đức",
    "ban-giao": "Hoàng Thị Ngọc",
    "cho-ma": "Vũ Đình Khôi",
    "dang-dung": "Đặng Thị Thu Hà",
    "bi-khoa": "Bùi Văn Sơn",
    "thu-hoi": "Đỗ Thị Lan",
    "bao-mat": "Hồ Văn Nam",
}
STATES = {
    "ban-giao": CardState.PERSONALISED,
    "cho-ma": CardState.ISSUED,
    "dang-dung": CardState.ACTIVE,
    "bi-khoa": CardState.SUSPENDED,
    "thu-hoi": CardState.REVOKED,
    "bao-mat": CardState.ACTIVE,
}
CLERK, APPROVER, ISSUER = "can-bo-lan", "can-bo-hung", "can-bo-mai"
STORE = "kho-1"
CASE, JOB, BATCH, UNBLOCK = "vu-1", "viec-1", "dot-1", "6f1d2a34-0000-4000-8000-00000000b10c"


def guid_of(name: str) -> str:
    """Return the known card of an application."""
    number = list(NAMES).index(name)
    return str(CardGuid.from_uuid(UUID(f"6f1d2a34-0000-4000-8000-{number:012x}")))


def add_records(service: ServiceUnderTest) -> None:
    """Put one application, and its card, into every state that a page can show."""
    installation, at = service.installation, service.clock.now()
    store = installation.store
    for name, person in NAMES.items():
        holder = replace(
            another(CardType.CIVIL_SERVANT), id=f"nguoi-{name}", name=PersonName.parse(person)
        )
        request_card(
            store,
            application_id=name,
            card_type=CardType.CIVIL_SERVANT,
            holder=holder,
            operator=CLERK,
            at=at,
        )
        if name == "tra-lai":
            return_for_completion(
                store, name, note_code="bad_photo", operator=APPROVER, at=at, fields=["photo"]
            )
        elif not name.startswith("cho-duyet"):
            approve(store, name, operator=APPROVER, at=at)
        if name in STATES:
            with store.transaction() as unit:
                unit.add_card(
                    CardRecord(
                        CardGuid.parse(guid_of(name)),
                        CardType.CIVIL_SERVANT,
                        holder.id,
                        name,
                        STATES[name],
                        at + timedelta(days=1000),
                    )
                )
                if name != "ban-giao":
                    fulfilled = replace(unit.application(name), state=ApplicationState.FULFILLED)
                    unit.save_application(fulfilled)
    report_to_operator(
        store,
        "nguoi-bao-mat",
        case_id=CASE,
        channel=LossChannel.TELEPHONE,
        checks=frozenset({CallerCheck.BIRTH_DATE, CallerCheck.CALLED_BACK}),
        operator=CLERK,
        at=at,
    )
    request_unblock(
        store,
        installation.unblocks,
        CardGuid.parse(guid_of("dang-dung")),
        request_id=UUID(UNBLOCK),
        operator=CLERK,
        at=at,
    )
    place_card_job(
        store,
        installation.orders,
        JobKind.ACTIVATE,
        CardGuid.parse(guid_of("cho-ma")),
        job_id=JOB,
        agent=DESK,
        operator=ISSUER,
        at=at,
    )
    plan_batch(
        store,
        batch_id=BATCH,
        order=BatchOrder(BatchKind.LEAVE, until=at + timedelta(days=90)),
        selection=Selection(frozenset({"nguoi-dang-dung", "nguoi-bi-khoa"})),
        operator=CLERK,
        at=at,
    )
    put_keeper(store, StockKeeper(STORE, "Kho Sở Nội vụ", "SNV"), operator=ISSUER, at=at)
    receive(
        store,
        ["A0001", "A0002", "A0003"],
        product="PIV-1",
        box="H1",
        keeper=STORE,
        delivery_note="PG-1",
        operator=ISSUER,
        at=at,
    )


_CARD_OF_DEED = {
    "hand-over": "ban-giao",
    "spoil": "ban-giao",
    "activation-code": "cho-ma",
    "resume": "bi-khoa",
    "destroy": "thu-hoi",
}

EXAMPLES_OF_RECORDS: dict[str, list[dict[str, str]]] = {
    "console.applications.show": [{"application_id": name} for name in ("cho-duyet", "tra-lai")],
    **{
        f"console.applications.ask_{name}": [
            {"application_id": "tra-lai" if name == "resubmit" else "cho-duyet"}
        ]
        for name in application_deeds.DEEDS
    },
    "console.cards.show": [{"guid": guid_of(name)} for name in ("dang-dung", "bao-mat")],
    "console.cards.look": [{"guid": guid_of("dang-dung")}],
    "console.cards.receipt": [{"guid": guid_of("cho-ma")}],
    **{
        f"console.cards.ask_{name.replace('-', '_')}": [
            {"guid": guid_of(_CARD_OF_DEED.get(name, "dang-dung"))}
        ]
        for name in card_deeds.DEEDS
    },
    "console.batches.show": [{"batch_id": BATCH}],
    "console.desk.job": [{"job_id": JOB}],
    "console.desk.ask_activation": [{"guid": guid_of("cho-ma")}],
    "console.losses.show": [{"case_id": CASE}],
    "console.stock.blank": [{"serial": "A0001"}],
    "console.stock.keeper": [{"keeper_id": STORE}],
    "console.unblocking.show": [{"request_id": UNBLOCK}],
}
NO_PAGES_OF_RECORDS = {
    "console.applications.new",
    "console.applications.photo",
    "console.batches.export_csv",
    "console.batches.export_xlsx",
    "console.applications.proof",
    "console.cards.certificate",
    "console.cards.faces",
    "console.cards.photo",
    "console.cards.picture",
    "console.cards.sheets",
    "console.desk.live",
    "console.desk.new",
    "console.desk.next_card",
}
"""Files, and a form that needs to be told for whom."""
