"""The form of a change to many cards: what happened, to whom, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cardsvc.agency_records import AgencyBook
from cardsvc.batch_records import BatchKind, BatchOrder, NewPost, Selection
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from web.console.batch_texts import KINDS
from web.console.day_span import instant_of
from web.console.forms import FormReader
from web.console.languages import Text
from web.console.scopes import covers_holder, present_day
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

MOST_NAMED = 2000
"""People named one by one; the staff of a whole agency has no such bound."""
MOVES = (BatchKind.TRANSFER, BatchKind.UNIT_MERGED, BatchKind.UNIT_RENAMED)
_NUMBER_CHARACTERS = 20
_KIND = Text("Việc xảy ra", "What happened")
_WHOM = Text("Người có thẻ", "Whose cards")
_AGENCY, _UNIT = Text("Mã định danh cơ quan", "Agency's code"), Text("Đơn vị", "Unit")
_NUMBERS = Text("Số định danh cá nhân", "Personal numbers")
_NEW_AGENCY = Text("Mã cơ quan mới", "New agency's code")
_NEW_UNIT, _POSITION = Text("Đơn vị mới", "New unit"), Text("Chức vụ mới", "New position")
_UNTIL = Text("Ngày trở lại", "Day of return")


@dataclass(frozen=True, slots=True)
class AskedBatch:
    """What a form asks for.

    Args:
        order: what is to be done.
        selection: to whom.
    """

    order: BatchOrder
    selection: Selection


def read_batch(form: FormReader, services: ConsoleServices) -> AskedBatch | None:
    """Read a form; None after faults are noted in it."""
    kind = form.choice("kind", _KIND, [one.value for one in KINDS])
    whom = form.choice("whom", _WHOM, ["agency", "people"])
    book = services.registry.agencies.book()
    reader = _Reader(form, services, book)
    staff = {"agency": reader.agency_staff, "people": reader.people}
    selection = staff[whom]() if whom else None
    post = reader.new_post() if kind in MOVES else None
    until = reader.day_of_return() if kind == BatchKind.LEAVE else None
    if form.errors or kind is None or selection is None:
        return None
    return AskedBatch(BatchOrder(BatchKind(kind), post, until), selection)


@dataclass(frozen=True, slots=True)
class _Reader:
    form: FormReader
    services: ConsoleServices
    book: AgencyBook

    def agency_staff(self) -> Selection | None:
        code = self._code("agency", _AGENCY)
        unit = self.form.text("unit", _UNIT, required=False)
        if code is None:
            return None
        if not present_operator().covers(code.value):
            self.form.refuse(
                "agency", "Cơ quan này ngoài phạm vi của bạn", "This agency is outside your scope"
            )
            return None
        return Selection(agency_code=code, unit_name=unit or None)

    def people(self) -> Selection | None:
        typed = self.form.document("numbers", _NUMBERS, longest=MOST_NAMED * _NUMBER_CHARACTERS)
        if not typed.strip():
            return None
        numbers = self._numbers(typed.splitlines())
        if numbers is None:
            return None
        with self.services.registry.holders.transaction() as unit:
            found = unit.find_by_personal_numbers(numbers)
        missing = [one for one in numbers if not self._is_covered(found.get(one))]
        if missing:
            shown = ", ".join(one.masked for one in missing[:5])
            self.form.refuse(
                "numbers",
                f"Không tìm thấy {len(missing)} người trong phạm vi của bạn: {shown}",
                f"{len(missing)} people were not found in your scope: {shown}",
            )
            return None
        return Selection(frozenset(holder.id for holder in found.values()))

    def new_post(self) -> NewPost | None:
        code = self._code("new_agency", _NEW_AGENCY)
        unit = self.form.text("new_unit", _NEW_UNIT, required=False)
        position = self.form.text("position", _POSITION, required=False)
        version = None if code is None else self.book.at(code, present_day(self.services))
        if code is None:
            return None
        if version is None:
            self.form.refuse(
                "new_agency",
                "Cơ quan này không còn hoạt động, hoặc chưa có trong danh mục",
                "This agency is not in the registry today",
            )
            return None
        return NewPost(code, version.name, unit or None, position or None)

    def day_of_return(self) -> datetime | None:
        day = self.form.day("until", _UNTIL, required=False)
        if day is None:
            return None
        returns = instant_of(day, time())
        if returns is None or returns <= request_instant(self.services):
            tomorrow = present_day(self.services) + timedelta(days=1)
            self.form.refuse(
                "until",
                f"Ngày trở lại sớm nhất là {tomorrow:%d/%m/%Y}",
                f"The earliest day of return is {tomorrow:%d/%m/%Y}",
            )
            return None
        return returns

    def _code(self, name: str, label: Text) -> AgencyCode | None:
        typed = self.form.text(name, label).split(" ")[0].upper()
        if not typed:
            return None
        try:
            code = AgencyCode.parse(typed)
        except Malformed:
            self.form.refuse(name, "Mã định danh không đúng, ví dụ H57.12", "Such as H57.12")
            return None
        if self.book.find(code) is None:
            self.form.refuse(name, "Không có cơ quan mang mã này", "No agency has this code")
            return None
        return code

    def _numbers(self, lines: Sequence[str]) -> list[PersonalNumber] | None:
        numbers: dict[PersonalNumber, None] = {}
        for at, line in enumerate(lines, start=1):
            try:
                numbers |= dict.fromkeys(_numbers_of(line))
            except Malformed:
                self.form.refuse(
                    "numbers",
                    f"Dòng {at} không phải số định danh 12 chữ số",
                    f"Line {at} is no personal number of 12 digits",
                )
                return None
        return list(numbers)

    def _is_covered(self, holder: Holder | None) -> bool:
        return holder is not None and covers_holder(present_operator(), holder)


def _numbers_of(line: str) -> list[PersonalNumber]:
    """Read a line: a number, perhaps in groups of digits, or several beside one another."""
    typed = line.replace(",", " ").replace(";", " ").split()
    try:
        return [PersonalNumber.parse(text) for text in typed]
    except Malformed:
        return [PersonalNumber.parse_lenient("".join(typed))]
