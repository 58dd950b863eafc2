"""Made-up people with the name statistics of Vietnam, as rows of the tables; drawn from a seed."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.audit_encoding import encode_event
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.merkle import Frontier, leaf_hash
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import LIST_SIZE
from cardsvc.terms import CardType

Row: TypeAlias = tuple[object, ...]

COLUMNS = {
    "holders": "id name search_key exact_key sort_key version personal_number_sealed"
    " personal_number_index agency_code agency_name unit_name position category",
    "holder_words": "holder_id word",
    "applications": "id card_type holder_id requested_by requested_at state approved_by"
    " approved_at kind",
    "cards": "guid card_type holder_id application_id ordinal state expires_at version"
    " requested_by approved_by personalised_by handed_over_by",
    "status_entries": "list_number idx guid",
    "audit_events": "seq at actor action subject octets leaf_hash parent_hashes",
}
_FAMILIES = {
    "Nguyễn": 38.0, "Trần": 11.0, "Lê": 9.5, "Phạm": 7.0, "Hoàng": 5.1, "Phan": 4.5, "Vũ": 3.9,
    "Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Hồ": 1.3, "Ngô": 1.3, "Dương": 1.0, "Lý": 0.5,
    "Tôn Nữ": 0.1, "Ksor": 0.02,
}  # fmt: skip
_MIDDLES = """
Văn Văn Văn Văn Thị Thị Thị Thị Hữu Quốc Minh Ngọc Kim Thanh Xuân Đức Công Đình Bá
"""
_GIVENS = """
An Ân Anh Ánh Bình Châu Cường Dung Dũng Dương Đạt Đức Giang Hà Hải Hạnh Hiền Hiếu Hoa Hòa Hoàng
Hồng Huệ Hùng Hương Huy Khánh Khoa Kiên Lan Linh Long Mai Minh Nam Nga Ngọc Nguyên Nhung Oanh
Phong Phúc Phương Quân Quang Sơn Tài Tâm Thảo Thắng Thu Thủy Trang Trí Trung Tú Tuấn Tùng Uyên
Vân Việt Vinh Xuân Yến Ước
"""
_MIDDLE, _GIVEN = _MIDDLES.split(), _GIVENS.split()
_STATES = {
    CardState.ACTIVE: 88.0, CardState.ISSUED: 2.0, CardState.SUSPENDED: 1.0,
    CardState.REVOKED: 5.0, CardState.REPLACED: 3.4, CardState.PERSONALISED: 0.5,
    CardState.TORN: 0.1,
}  # fmt: skip
_WAITING = {
    ApplicationState.REQUESTED: 60.0, ApplicationState.APPROVED: 20.0,
    ApplicationState.RETURNED: 10.0, ApplicationState.REJECTED: 10.0,
}  # fmt: skip
_SOME_WAIT = 50
"""One application waits for so many cards that are made."""
_CATEGORIES = (StaffCategory.CIVIL_SERVANT, StaffCategory.PUBLIC_EMPLOYEE, StaffCategory.CADRE)
_FIRST_DAY = datetime(2024, 1, 2, 1, tzinfo=UTC)
_SPAN_SECONDS = 700 * 86_400
_STAFF = ("lan", "hung", "mai")


@dataclass(frozen=True, slots=True)
class CrowdSize:
    """How many there are.

    Args:
        holders: people.
        cards: at least as many as people; the first ones have two.
    """

    holders: int
    cards: int


class Crowd:
    """Draws people, their applications, cards, status places and the log of it.

    Args:
        size: how many.
        agencies: code and name of each agency that employs staff.
        sealer: seals and indexes personal numbers.
    """

    def __init__(
        self, size: CrowdSize, agencies: Sequence[tuple[str, str]], sealer: Sealer
    ) -> None:
        self._size, self._agencies, self._sealer = size, agencies, sealer
        self._draw = random.Random(57)
        draw_id = self._draw.getrandbits
        self._ids = sorted(str(uuid.UUID(int=draw_id(128), version=4)) for _ in range(size.holders))

    def batches(self, frontier: Frontier, at_once: int = 20_000) -> Iterator[_Batch]:
        """Yield the rows of some people after the other; the last frontier is the log's.

        Args:
            frontier: of the log as it stands.
            at_once: people.
        """
        for start in range(0, self._size.holders, at_once):
            batch = _Batch({table: [] for table in COLUMNS}, frontier)
            for number in range(start, min(start + at_once, self._size.holders)):
                self._person(number, batch.rows)
            frontier = batch.frontier = _log(batch.rows, frontier)
            yield batch

    def _person(self, number: int, rows: Mapping[str, list[Row]]) -> None:
        draw, holder_id = self._draw, self._ids[number]
        name = f"{self._family()} {draw.choice(_MIDDLE)} {draw.choice(_GIVEN)}"
        search, exact, order = _keys(name)
        woman, year = " Thị " in name, 55 + number % 45
        personal = f"046{int(woman)}{year:02}{number:06}"[-12:]
        sealed = self._sealer.seal(personal, f"holders.personal_number:{holder_id}")
        index = self._sealer.blind_index(personal, "personal_number")
        post: Row = (None,) * 5
        kind = CardType.INDIVIDUAL
        if number % 3:
            code, agency = self._agencies[number % len(self._agencies)]
            kind, category = CardType.CIVIL_SERVANT, _CATEGORIES[number % 7 % 3]
            post = (code, agency, f"Phòng {number % 7 + 1}", "Chuyên viên", category.value)
        rows["holders"].append((holder_id, name, search, exact, order, 0, sealed, index, *post))
        rows["holder_words"] += [(holder_id, word) for word in sorted(set(search.split()))]
        second = number < self._size.cards - self._size.holders
        for ordinal in range(1 + second):
            self._card(number + ordinal * self._size.holders, holder_id, kind, rows)
        if number % _SOME_WAIT == 0:
            self._waits(number, holder_id, kind, rows)

    def _family(self) -> str:
        return self._draw.choices(*_weighted())[0]

    def _card(
        self, number: int, holder_id: str, kind: CardType, rows: Mapping[str, list[Row]]
    ) -> None:
        draw, application = self._draw, f"don-{number:08}"
        guid = str(uuid.UUID(int=draw.getrandbits(128), version=4))
        state = draw.choices(tuple(_STATES), tuple(_STATES.values()))[0]
        made = self._instant()
        clerk, approver, issuer = _STAFF
        handed = issuer if state not in {CardState.PERSONALISED, CardState.TORN} else None
        rows["applications"].append(
            (application, kind.value, holder_id, clerk, _text(made),
             ApplicationState.FULFILLED.value, approver, _text(made), "new")
        )  # fmt: skip
        rows["cards"].append(
            (guid, kind.value, holder_id, application, 0, state.value,
             _text(made + timedelta(days=5 * 365)), 3, clerk, approver, issuer, handed)
        )  # fmt: skip
        rows["status_entries"].append((1 + number // LIST_SIZE, number % LIST_SIZE, guid))

    def _waits(
        self, number: int, holder_id: str, kind: CardType, rows: Mapping[str, list[Row]]
    ) -> None:
        state = self._draw.choices(tuple(_WAITING), tuple(_WAITING.values()))[0]
        asked = _text(self._instant())
        decided = (_STAFF[1], asked) if state is ApplicationState.APPROVED else (None, None)
        rows["applications"].append(
            (f"cho-{number:08}", kind.value, holder_id, _STAFF[0], asked, state.value, *decided,
             "new")
        )  # fmt: skip

    def _instant(self) -> datetime:
        return _FIRST_DAY + timedelta(seconds=self._draw.randrange(_SPAN_SECONDS))


@dataclass(slots=True)
class _Batch:
    """Rows by table, and how far the log has come with them."""

    rows: Mapping[str, list[Row]]
    frontier: Frontier


def _log(rows: Mapping[str, list[Row]], frontier: Frontier) -> Frontier:
    """Add the event that activates each card; the log goes on from its frontier."""
    first = frontier.size
    ticks = (_FIRST_DAY + timedelta(seconds=40 * seq) for seq in itertools.count(first))
    action = AuditAction.CARD_ACTIVATED
    events = [
        AuditEvent(at, _STAFF[2], action, str(card[0]))
        for at, card in zip(ticks, rows["cards"], strict=False)
    ]
    octets = [encode_event(event) for event in events]
    frontier, nodes = frontier.extend([leaf_hash(one) for one in octets])
    rows["audit_events"].extend(
        (first + at, _text(event.at), event.actor, action.value, event.subject, encoded, above[0],
         b"".join(above[1:]))
        for at, (event, encoded, above) in enumerate(zip(events, octets, nodes, strict=True))
    )  # fmt: skip
    return frontier


@lru_cache(maxsize=100_000)
def _keys(name: str) -> tuple[str, str, str]:
    known = PersonName(name)
    return known.search_key, known.tone_folded_key, known.sort_key


@lru_cache
def _weighted() -> tuple[tuple[str, ...], tuple[float, ...]]:
    return tuple(_FAMILIES), tuple(_FAMILIES.values())


def _text(at: datetime) -> str:
    """Return an instant as SQLite stores it."""
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"
