"""Imports over both databases: once, whole, resumable, side by side, worked off, forgotten."""

from __future__ import annotations

import io
import threading
import zipfile
from collections import Counter
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select, text

from cardsvc.audit import AuditAction
from cardsvc.clock import SettableClock
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.import_records import ImportProgress, RowOutcome, RowState, SkipReason
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.import_store import SqlImportStore
from cardsvc.store.photo_store import SqlPhotoStore
from cardsvc.store.schema import HolderRow, ImportRowRow
from cardsvc.store.sealed import Sealer
from issuance.importing.desk import ImportDesk
from issuance.importing.export import export_held
from issuance.importing.fields import Field
from issuance.importing.findings import ImportCode
from issuance.importing.forget import forget_old_imports
from issuance.importing.photo_archive import PhotoSkip, parse_photo_archive
from issuance.importing.photos import PhotoProgress, take_photos
from issuance.importing.ports import ImportStore
from issuance.importing.queue import ErrorQueue
from issuance.importing.source import parse_list
from tests.support.lists import (
    DUC,
    HEAD,
    KHUE,
    STAFF,
    import_desk,
    read_staff,
    staff_csv,
    staff_row,
    xlsx,
)
from tests.support.portraits import jpeg


@pytest.fixture
def store(database: Database, sealer: Sealer) -> ImportStore:
    protocol: ImportStore = SqlImportStore(database, sealer)
    return protocol


@pytest.fixture
def desk(store: ImportStore) -> ImportDesk:
    return import_desk(store)


@pytest.fixture
def queue(desk: ImportDesk) -> ErrorQueue:
    return ErrorQueue(desk)


def take_in(desk: ImportDesk, octets: bytes) -> str:
    started = desk.start(parse_list(octets, STAFF), STAFF, operator="lan")
    return started.record.id


def run(desk: ImportDesk, import_id: str) -> ImportProgress:
    return list(desk.run(import_id, operator="lan"))[-1]


def people(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(HolderRow.id)).all())


def actions(database: Database) -> Counter[AuditAction]:
    return Counter(entry.event.action for entry in AuditLog(database).events(limit=5000))


def test_a_list_is_applied_once(database: Database, desk: ImportDesk) -> None:
    octets = staff_csv(1203)
    import_id = take_in(desk, octets)
    steps = list(desk.run(import_id, operator="lan"))
    assert [one.done for one in steps] == [500, 1000, 1203, 1203]
    assert steps[-1] == ImportProgress(rows=1203, new=1203)
    again = desk.start(parse_list(octets, STAFF), STAFF, operator="mai")
    assert (again.is_known, again.record.id) == (True, import_id)
    assert run(desk, import_id) == steps[-1]
    assert people(database) == 1203
    counted = actions(database)
    assert counted[AuditAction.HOLDER_ADDED] == 1203
    assert counted[AuditAction.IMPORT_STARTED] == counted[AuditAction.IMPORT_FINISHED] == 1
    AuditLog(database).verify()


def test_the_same_people_in_another_file_change_nothing(
    database: Database, desk: ImportDesk
) -> None:
    run(desk, take_in(desk, staff_csv(20)))
    rows = [staff_row(number) for number in range(1, 21)]
    rows[3][8] = "Trưởng phòng"
    second = run(desk, take_in(desk, xlsx(HEAD, *rows)))
    assert second == ImportProgress(rows=20, changed=1, unchanged=19)
    corrected = [
        entry.event
        for entry in AuditLog(database).events()
        if entry.event.action is AuditAction.HOLDER_CORRECTED
    ]
    assert [event.facts["facts"] for event in corrected] == ["employment.position"]
    assert people(database) == 20


def test_after_a_crash_each_row_is_still_applied_once(database: Database, desk: ImportDesk) -> None:
    import_id = take_in(desk, staff_csv(1100))
    steps = desk.run(import_id, operator="lan")
    next(steps)
    steps.close()  # what a killed process leaves: one batch committed, the rest not begun
    assert desk.store.progress(import_id).done == 500
    assert run(desk, import_id) == ImportProgress(rows=1100, new=1100)
    assert people(database) == 1100
    assert actions(database)[AuditAction.HOLDER_ADDED] == 1100


def test_two_imports_of_the_same_people_at_once(database: Database, store: ImportStore) -> None:
    def desk(prefix: str) -> ImportDesk:
        numbers = iter(range(100_000))
        like = import_desk(store)
        return ImportDesk(store, like.agencies, like.clock, lambda: f"{prefix}-{next(numbers)}")

    backwards = [staff_row(number) for number in range(1200, 0, -1)]
    desks = [desk("a"), desk("b")]
    ids = [take_in(desks[0], staff_csv(1200)), take_in(desks[1], xlsx(HEAD, *backwards))]
    ready, results = threading.Barrier(2), [ImportProgress(0), ImportProgress(0)]

    def work(which: int) -> None:
        ready.wait()
        results[which] = run(desks[which], ids[which])

    threads = [threading.Thread(target=work, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people(database) == 1200
    assert sum(one.new for one in results) == sum(one.unchanged for one in results) == 1200
    assert actions(database)[AuditAction.HOLDER_ADDED] == 1200


def test_two_runs_of_one_import_take_turns(database: Database, desk: ImportDesk) -> None:
    import_id = take_in(desk, staff_csv(1600))
    threads = [threading.Thread(target=run, args=(desk, import_id)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.store.progress(import_id) == ImportProgress(rows=1600, new=1600)
    assert people(database) == 1600
    assert actions(database)[AuditAction.IMPORT_FINISHED] == 1


def test_one_person_twice_in_a_list_is_one_person(database: Database, desk: ImportDesk) -> None:
    done = run(desk, take_in(desk, xlsx(HEAD, KHUE, DUC, [9, *KHUE[1:]])))
    assert done == ImportProgress(rows=3, new=2, unchanged=1)
    assert people(database) == 2


def test_rows_are_sealed(database: Database, desk: ImportDesk) -> None:
    take_in(desk, xlsx(HEAD, KHUE))
    with database.reading() as session:
        row = session.execute(text("SELECT * FROM import_rows")).mappings().one()
    assert b"Khu" not in bytes(row["content_sealed"])
    assert "046190012345" not in repr(dict(row))


WRONG = [3, "Lê Văn Sai", "46190099999", "31/02/1990", *KHUE[4:9], "HX"]


def test_a_row_is_worked_off(database: Database, desk: ImportDesk, queue: ErrorQueue) -> None:
    import_id = take_in(desk, xlsx(HEAD, KHUE, WRONG))
    assert run(desk, import_id) == ImportProgress(rows=2, new=1, held=1)
    (held,) = queue.held(import_id)
    assert {one.key for one in held.findings if one.severity != "warning"} == {
        "number_lost_zeros:personal_number", "birth_date_malformed:birth_date",
        "category_unknown:category",
    }  # fmt: skip
    assert held.values[Field.PERSONAL_NUMBER] == "046190099999"
    better = {**held.values, Field.CATEGORY: "VC"}
    still = queue.fix(import_id, 3, better, expected_version=held.row.version, operator="mai")
    assert (still.state, still.holder_id) == (RowState.HELD, None)
    assert "category_unknown:category" not in still.codes
    (shown,) = queue.held(import_id)
    assert (shown.values[Field.CATEGORY], shown.row.version) == ("VC", still.version)
    with pytest.raises(IssuanceError) as caught:
        queue.fix(import_id, 3, better, expected_version=held.row.version, operator="mai")
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    right = {**shown.values, Field.BIRTH_DATE: "28/02/1990", Field.SEX: "Nữ"}
    done = queue.fix(
        import_id, 3, right, confirmed=[ImportCode.NUMBER_LOST_ZEROS],
        expected_version=shown.row.version, operator="mai",
    )  # fmt: skip
    assert (done.state, done.outcome) == (RowState.APPLIED, RowOutcome.NEW)
    assert desk.store.progress(import_id) == ImportProgress(rows=2, new=2)
    assert people(database) == 2
    assert actions(database)[AuditAction.IMPORT_ROW_FIXED] == 2


@pytest.mark.reason(
    (ReasonCode.IMPORT_UNKNOWN, ReasonCode.IMPORT_ROW_UNKNOWN, ReasonCode.IMPORT_ROW_SETTLED)
)
def test_rows_that_are_not_there_or_do_not_wait(desk: ImportDesk, queue: ErrorQueue) -> None:
    import_id = take_in(desk, xlsx(HEAD, KHUE))
    run(desk, import_id)
    for where, row, reason in (
        ("nowhere", 2, ReasonCode.IMPORT_UNKNOWN),
        (import_id, 99, ReasonCode.IMPORT_ROW_UNKNOWN),
        (import_id, 2, ReasonCode.IMPORT_ROW_SETTLED),
    ):
        with pytest.raises(IssuanceError) as caught:
            queue.fix(where, row, {}, expected_version=0, operator="mai")
        assert caught.value.reason is reason
    with pytest.raises(IssuanceError) as caught:
        list(desk.run("nowhere", operator="mai"))
    assert caught.value.reason is ReasonCode.IMPORT_UNKNOWN


def test_rows_are_assigned_and_skipped(
    database: Database, desk: ImportDesk, queue: ErrorQueue
) -> None:
    import_id = take_in(desk, xlsx(HEAD, WRONG, [4, "", *WRONG[2:]]))
    run(desk, import_id)
    queue.assign(import_id, [2], "hung", operator="lan")
    (mine,) = queue.held(import_id, assigned_to="hung")
    assert mine.row.number == 2
    version = mine.row.version
    queue.skip(import_id, 2, SkipReason.NOT_ENTITLED, expected_version=version, operator="hung")
    assert desk.store.progress(import_id) == ImportProgress(rows=2, held=1, skipped=1)
    counted = actions(database)
    assert counted[AuditAction.IMPORT_ROW_ASSIGNED] == counted[AuditAction.IMPORT_ROW_SKIPPED] == 1


def test_findings_are_confirmed_for_the_whole_list(desk: ImportDesk) -> None:
    rows = [staff_row(number, **{"Số CCCD": int(f"46190{number:06d}")}) for number in (1, 2)]
    import_id = take_in(desk, xlsx(HEAD, *rows))
    assert run(desk, import_id) == ImportProgress(rows=2, held=2)
    desk.confirm(import_id, [ImportCode.NUMBER_LOST_ZEROS], operator="mai")
    assert run(desk, import_id) == ImportProgress(rows=2, new=2)
    with pytest.raises(IssuanceError, match="one row at a time"):
        desk.confirm(import_id, [ImportCode.NAME_DIFFERS_IN_REGISTRY], operator="mai")


def test_another_name_under_a_number_is_confirmed_by_a_person(
    desk: ImportDesk, queue: ErrorQueue
) -> None:
    run(desk, take_in(desk, xlsx(HEAD, KHUE)))
    import_id = take_in(desk, xlsx(HEAD, [1, "Nguyễn Thị Minh Hoa", *KHUE[2:]]))
    assert run(desk, import_id).held == 1
    (held,) = queue.held(import_id)
    done = queue.fix(
        import_id, 2, held.values, confirmed=[ImportCode.NAME_DIFFERS_IN_REGISTRY],
        expected_version=held.row.version, operator="mai",
    )  # fmt: skip
    assert done.outcome is RowOutcome.CHANGED


def test_what_is_wrong_goes_out_as_a_workbook_and_comes_back_corrected(
    database: Database, desk: ImportDesk, queue: ErrorQueue
) -> None:
    bomb = [5, *KHUE[1:2], "x", *KHUE[3:8], "=1+1", "CC"]
    import_id = take_in(desk, xlsx(HEAD, KHUE, WRONG, bomb))
    run(desk, import_id)
    exported = export_held(desk, queue, import_id, operator="mai")
    first, second = parse_list(exported, STAFF).rows
    assert first.values[Field.PERSONAL_NUMBER] == "046190099999"
    assert second.values[Field.PERSONAL_NUMBER] == "x"
    assert actions(database)[AuditAction.IMPORT_ERRORS_EXPORTED] == 1


@pytest.mark.reason(ReasonCode.IMPORT_FORGOTTEN)
def test_rows_are_forgotten_when_their_time_is_over(
    database: Database, desk: ImportDesk, queue: ErrorQueue
) -> None:
    import_id = take_in(desk, xlsx(HEAD, KHUE, WRONG))
    run(desk, import_id)
    keep = timedelta(days=90)
    assert forget_old_imports(desk, keep=keep, operator="system") == 0
    assert isinstance(desk.clock, SettableClock)
    desk.clock.advance(timedelta(days=91))
    assert forget_old_imports(desk, keep=keep, operator="system") == 1
    assert forget_old_imports(desk, keep=keep, operator="system") == 0
    with database.reading() as session:
        assert set(session.scalars(select(ImportRowRow.content_sealed))) == {None}
    assert desk.store.progress(import_id) == ImportProgress(rows=2, new=1, held=1)
    with pytest.raises(StoreError) as caught:
        queue.held(import_id)
    assert caught.value.reason is ReasonCode.IMPORT_FORGOTTEN
    with pytest.raises(IssuanceError) as refused:
        desk.confirm(import_id, [ImportCode.NUMBER_LOST_ZEROS], operator="mai")
    assert refused.value.reason is ReasonCode.IMPORT_FORGOTTEN
    assert actions(database)[AuditAction.IMPORT_FORGOTTEN] == 1


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def huge_png() -> bytes:
    """Fifty million pixels of one colour: a small file, and a large picture."""
    out = io.BytesIO()
    Image.new("1", (10_000, 5_000)).save(out, "PNG")
    return out.getvalue()


def test_photos_find_their_people(database: Database, desk: ImportDesk, sealer: Sealer) -> None:
    head, code = [*HEAD, "Mã cán bộ"], ["", "cb7", "", ""]
    rows = [KHUE, DUC, staff_row(3), staff_row(4)]
    listed = [[*row, mark] for row, mark in zip(rows, code, strict=True)]
    import_id = take_in(desk, xlsx(head, *listed))
    run(desk, import_id)
    photos = SqlPhotoStore(database, sealer)
    octets = zipped(
        ("anh/046190012345.jpg", jpeg(240, 320)),
        ("anh/CB7.JPG", jpeg(300, 400)),
        ("anh/046190000003.png", huge_png()),
        ("anh/046199999999.jpg", jpeg(240, 320)),
        ("anh/readme.txt", b"x"),
    )

    def take() -> PhotoProgress:
        archive = parse_photo_archive(octets)
        return list(take_photos(desk, photos, archive, import_id, operator="lan"))[-1]

    first = take()
    assert (first.rows, first.taken, first.unchanged, first.without) == (4, 2, 0, 1)
    assert first.refused == {ReasonCode.PHOTO_TOO_LARGE: 1}
    assert first.skipped == {PhotoSkip.NOT_AN_IMAGE: 1, PhotoSkip.FITS_NOBODY: 1}
    assert (first.missing, [one.number for one in first.rows_without]) == (1, [5])
    assert [(one.name, one.why) for one in first.unused] == [
        ("anh/readme.txt", PhotoSkip.NOT_AN_IMAGE),
        ("anh/046190000003.png", ReasonCode.PHOTO_TOO_LARGE),
        ("anh/046199999999.jpg", PhotoSkip.FITS_NOBODY),
    ]
    assert first.unused_count == 3
    assert first.findings
    again = take()
    assert (again.taken, again.unchanged) == (0, 2)
    kept = desk.store.rows(import_id, [RowState.APPLIED])
    assert [row.photo for row in kept] == ["1", "1", "", ""]
    assert actions(database)[AuditAction.HOLDER_PHOTO_PUT] == 2


def test_a_dry_run_writes_nothing(database: Database, desk: ImportDesk) -> None:
    run(desk, take_in(desk, xlsx(HEAD, KHUE)))
    before = actions(database)
    checked = desk.check(read_staff(KHUE, DUC, WRONG), STAFF)
    assert [one.outcome for one in checked] == [RowOutcome.UNCHANGED, RowOutcome.NEW, None]
    assert (people(database), actions(database)) == (1, before)
