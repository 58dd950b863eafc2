"""Many made-up holders at once, with the name statistics of Vietnam, for tests of search."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

from sqlalchemy import insert, text

from cardsvc.card.guid import CardGuid
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.store.engine import Database
from cardsvc.store.schema import ApplicationRow, CardRow, HolderRow, HolderWordRow
from cardsvc.store.sealed import Sealer
from cardsvc.terms import CardType

AT = datetime(2026, 3, 2, tzinfo=UTC)
FAMILIES = {
    "Nguyễn": 38.0, "Trần": 11.0, "Lê": 9.5, "Phạm": 7.0, "Hoàng": 5.0, "Phan": 4.5, "Vũ": 3.9,
    "Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Hồ": 1.3, "Dương": 1.0, "Tôn Nữ": 0.1, "Ksor": 0.02,
}  # fmt: skip
MIDDLE = ("Văn", "Văn", "Văn", "Thị", "Thị", "Thị", "Hữu", "Quốc", "Minh", "Thị Ngọc", "Kim")
_GIVEN = """
An Ân Anh Ánh Bình Châu Cường Dung Dũng Dương Đạt Đức Giang Hà Hải Hạnh Hiền Hiếu Hoa Hòa Hoàng
Hồng Huệ Hùng Hương Huy Khánh Khoa Kiên Lan Linh Long Mai Minh Nam Nga Ngọc Nguyên Nhung Oanh
Phong Phúc Phương Quân Quang Sơn Tài Tâm Thảo Thắng Thu Thủy Trang Trí Trung Tú Tuấn Tùng Uyên
Vân Việt Vinh Xuân Yến Ước
"""
GIVEN = _GIVEN.split()
AT_ONCE = 10_000


def seed_people(database: Database, sealer: Sealer, count: int) -> None:
    """Insert holders, two thirds of them staff of H57.1 … H57.40, and a card each."""
    draw = random.Random(57)
    keys: dict[str, tuple[str, str, str]] = {}
    with database.engine.begin() as connection:
        for start in range(0, count, AT_ONCE):
            rows: dict[type, list[dict[str, object]]] = {
                HolderRow: [], HolderWordRow: [], ApplicationRow: [], CardRow: []
            }  # fmt: skip
            for number in range(start, min(start + AT_ONCE, count)):
                family = draw.choices(list(FAMILIES), list(FAMILIES.values()))[0]
                name = f"{family} {draw.choice(MIDDLE)} {draw.choice(GIVEN)}"
                if name not in keys:
                    known = PersonName(name)
                    keys[name] = (known.search_key, known.tone_folded_key, known.sort_key)
                holder_id = str(uuid.UUID(int=draw.getrandbits(128)))
                rows[HolderRow].append(_holder(holder_id, name, keys[name], number, sealer))
                rows[HolderWordRow] += [
                    {"holder_id": holder_id, "word": word} for word in set(keys[name][0].split())
                ]
                rows[ApplicationRow].append(_application(holder_id, number))
                rows[CardRow].append(_card(holder_id, number, draw))
            for table, values in rows.items():
                connection.execute(insert(table.__table__), values)  # type: ignore[attr-defined]
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _holder(
    holder_id: str, name: str, keys: tuple[str, str, str], number: int, sealer: Sealer
) -> dict[str, object]:
    staff = number % 3 != 0
    personal = f"046{number:09d}"
    return {
        "id": holder_id,
        "name": name,
        "search_key": keys[0],
        "exact_key": keys[1],
        "sort_key": keys[2],
        "version": 0,
        "personal_number_sealed": sealer.seal(personal, f"holders.personal_number:{holder_id}"),
        "personal_number_index": sealer.blind_index(personal, "personal_number"),
        "agency_code": f"H57.{number % 40 + 1}" if staff else None,
        "agency_name": f"Sở {number % 40 + 1}" if staff else None,
        "unit_name": f"Phòng {number % 7}" if staff else None,
        "category": StaffCategory.CIVIL_SERVANT if staff else None,
    }


def _application(holder_id: str, number: int) -> dict[str, object]:
    return {
        "id": f"application-{number}",
        "card_type": CardType.INDIVIDUAL,
        "holder_id": holder_id,
        "requested_by": "lan",
        "requested_at": AT,
        "state": ApplicationState.FULFILLED,
    }


def _card(holder_id: str, number: int, draw: random.Random) -> dict[str, object]:
    return {
        "guid": CardGuid(draw.randbytes(16)),
        "card_type": CardType.INDIVIDUAL,
        "holder_id": holder_id,
        "application_id": f"application-{number}",
        "ordinal": 0,
        "state": CardState.TORN if number % 1_000 == 7 else CardState.ACTIVE,
        "expires_at": AT,
        "version": 0,
    }
