"""A log that was cut short, set back or made anew shows against what a witness cosigned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from cardsvc.checkpoint import Checkpoint, CosigningRequest, SignedCheckpoint, parse_checkpoint
from cardsvc.errors import CardsvcError, ReasonCode, StoreError
from cardsvc.store.engine import Database
from keys.note_keys import make_witness_key, read_witness_key, sign_checkpoint
from tests.support.databases import SqliteServer
from tests.support.issuance_store_contract import AT
from tests.support.witness_room import MemoryLogKey, WitnessRoom
from web.witness.asking import HttpAnswer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> SqliteServer:
    return SqliteServer(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def database(server: SqliteServer) -> Iterator[Database]:
    opened = Database.open(server.migrated_url())
    yield opened
    opened.dispose()


@pytest.fixture
def room(database: Database, tmp_path: Path) -> WitnessRoom:
    return WitnessRoom(database, tmp_path / "witness")


def copy_of(database: Database, folder: Path, name: str) -> Database:
    assert database.copy_to(folder / name)
    return Database.open(f"sqlite:///{folder / name}")


def check(room: WitnessRoom, *, ask: bool = True) -> None:
    heads = list(room.desk.heads_on_record())
    heads += room.desk.heads_of_witnesses() if ask else ()
    room.log.verify(known=heads)


def broken(room: WitnessRoom, *, ask: bool = True) -> str:
    with pytest.raises(StoreError) as refused:
        check(room, ask=ask)
    assert refused.value.reason is ReasonCode.AUDIT_BROKEN
    return str(refused.value)


def test_a_growing_log_is_cosigned_each_time(room: WitnessRoom) -> None:
    for entries in (1, 4, 0, 7):
        room.grow(entries, f"round-{entries}")
        assert room.desk.ask_all(AT) == 1
    heads = room.desk.heads_on_record()
    assert [one.size for one in heads] == [2, 6, 13]  # the witness's own entry is one
    assert room.log.verify(known=[*heads, *room.desk.heads_of_witnesses()]).tree_heads == 4
    note = parse_checkpoint(room.desk.book.cosigned()[-1].note)
    assert room.desk.head_of(note.note, [room.named]).size == 13


def test_a_database_that_was_set_back_shows(
    room: WitnessRoom, database: Database, tmp_path: Path
) -> None:
    room.grow(5)
    room.desk.ask_all(AT)
    older = copy_of(database, tmp_path, "older.db")
    room.grow(5, "b")
    room.desk.ask_all(AT)
    room.desk = room.desk_of(older)
    assert room.log.verify(known=room.desk.heads_on_record()).size == 6  # alone it is sound
    assert "11 entries" in broken(room)
    with pytest.raises(StoreError) as refused:
        room.desk.ask_all(AT)
    assert refused.value.reason is ReasonCode.AUDIT_BROKEN
    assert "has seen 11" in str(refused.value)
    room.grow(9, "another past")  # longer than what was seen, and still another log
    with pytest.raises(StoreError, match="another log"):
        room.desk.ask_all(AT)
    assert "does not continue" in broken(room)
    older.dispose()


def test_last_rows_that_were_cut_off_with_their_heads_show(
    room: WitnessRoom, database: Database
) -> None:
    room.grow(3)
    frontier = _frontier(database)
    room.grow(4, "b")
    room.desk.ask_all(AT)
    with database.writing() as session:
        session.execute(text("DROP TRIGGER audit_events_no_delete"))
        session.execute(text("DELETE FROM audit_events WHERE seq >= 4"))
        session.execute(text("DELETE FROM cosignatures"))
        session.execute(
            text("UPDATE audit_head SET size = 4, frontier = :octets"), {"octets": frontier}
        )
    assert room.log.verify().size == 4  # a forger who knows the tree leaves no other trace
    assert "8 entries" in broken(room)


def _frontier(database: Database) -> bytes:
    with database.reading() as session:
        return bytes(session.execute(text("SELECT frontier FROM audit_head")).scalar_one())


def test_a_lost_answer_is_made_up_for(room: WitnessRoom) -> None:
    room.grow(2)
    room.change = lambda _: HttpAnswer(500, b"")
    with pytest.raises(StoreError) as refused:
        room.desk.ask_all(AT)
    assert refused.value.reason is ReasonCode.WITNESS_REFUSED
    room.change = lambda answer: answer
    room.grow(2, "b")
    assert room.desk.ask_all(AT) == 1  # it says by 409 where it stands
    assert [one.size for one in room.desk.heads_on_record()] == [5]
    assert len(room.calls) == 3


@pytest.mark.reason(ReasonCode.WITNESS_REFUSED)
@pytest.mark.parametrize("answer", [b"", b"junk", "— x AAAAAAAA\n".encode(), b"\xff"])
def test_what_is_no_cosignature_is_not_kept(room: WitnessRoom, answer: bytes) -> None:
    room.grow(1)
    room.change = lambda _: HttpAnswer(200, answer)
    with pytest.raises(StoreError) as refused:
        room.desk.ask_all(AT)
    assert refused.value.reason is ReasonCode.WITNESS_REFUSED
    assert room.desk.book.cosigned() == []


def test_another_witness_s_hand_is_not_taken(room: WitnessRoom, tmp_path: Path) -> None:
    room.grow(1)
    stranger = make_witness_key(tmp_path / "stranger.key", room.key.public.name)
    head = room.log.head(AT)
    text_ = Checkpoint(room.origin, head.size, head.root_hash).text
    room.change = lambda _: HttpAnswer(200, stranger.cosign(text_, AT).line.encode())
    with pytest.raises(StoreError) as refused:
        room.desk.ask_all(AT)
    assert refused.value.reason is ReasonCode.WITNESS_REFUSED


def test_a_changed_record_of_a_cosignature_shows(room: WitnessRoom, database: Database) -> None:
    room.grow(3)
    room.desk.ask_all(AT)
    with database.writing() as session:
        note = bytes(session.execute(text("SELECT note FROM cosignatures")).scalar_one())
        session.execute(
            text("UPDATE cosignatures SET note = :note"), {"note": note.replace(b"\n4\n", b"\n3\n")}
        )
    assert "was not cosigned" in broken(room, ask=False)


def request_of(
    room: WitnessRoom,
    size: int,
    root: bytes,
    *,
    old: int = 0,
    proof: tuple[bytes, ...] = (),
    signer: MemoryLogKey | None = None,
    origin: str | None = None,
) -> bytes:
    checkpoint = Checkpoint(origin or room.origin, size, root)
    signature = replace(sign_checkpoint(signer or room.signer, checkpoint), name=room.origin)
    signed = SignedCheckpoint(checkpoint, checkpoint.text, (signature,))
    return CosigningRequest(old, proof, signed).encode()


def test_a_witness_answers_as_the_specification_says(room: WitnessRoom) -> None:
    room.grow(3)
    head, ask = room.log.head(AT), room.witness.add_checkpoint
    first = request_of(room, head.size, head.root_hash)
    assert ask(b"junk", AT).status == 400
    assert ask(request_of(room, 4, head.root_hash, origin="another"), AT).status == 404
    assert ask(request_of(room, 4, head.root_hash, signer=MemoryLogKey()), AT).status == 403
    assert ask(request_of(room, 4, head.root_hash, old=5), AT).status == 400
    assert ask(request_of(room, 4, head.root_hash, old=3), AT).body == b"0\n"
    assert ask(request_of(room, 4, head.root_hash, proof=(bytes(32),)), AT).status == 422
    assert room.witness.latest(room.origin, AT).status == 404
    assert ask(first, AT).status == 200
    conflict = ask(first, AT)
    assert (conflict.status, conflict.body, conflict.content_type) == (
        409, b"4\n", "text/x.tlog.size",
    )  # fmt: skip
    again = request_of(room, 4, head.root_hash, old=4)
    assert ask(again, AT).status == 200
    assert ask(request_of(room, 4, bytes(32), old=4), AT).status == 409
    assert ask(request_of(room, 9, bytes(32), old=4, proof=(bytes(32),) * 3), AT).status == 422
    assert room.witness.latest(room.origin, AT).status == 200
    assert room.witness.latest("another", AT).status == 404


def test_of_two_histories_at_once_one_is_cosigned(room: WitnessRoom) -> None:
    requests = [request_of(room, 1, bytes([number]) * 32) for number in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: room.witness.add_checkpoint(body, AT), requests))
    assert sorted(one.status for one in answers) == [200] + [409] * 7


def test_what_a_witness_forgot_is_said(room: WitnessRoom) -> None:
    room.grow(1)
    room.desk.ask_all(AT)
    (file,) = room.folder.glob("*.log")
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(CardsvcError) as refused:
        room.witness.latest(room.origin, AT)
    assert refused.value.reason is ReasonCode.RECORD_CORRUPT


def test_a_key_that_others_can_read_is_not_used(room: WitnessRoom, tmp_path: Path) -> None:
    path = tmp_path / "open.key"
    shutil.copy(room.folder / "witness.key", path)
    path.chmod(0o644)
    with pytest.raises(CardsvcError) as refused:
        read_witness_key(path)
    assert refused.value.reason is ReasonCode.VAULT_EXPOSED
    path.chmod(0o600)
    assert read_witness_key(path).public == room.key.public
    path.write_bytes(b"name\njunk")
    with pytest.raises(CardsvcError) as refused:
        read_witness_key(path)
    assert refused.value.reason is ReasonCode.MALFORMED_CHECKPOINT
