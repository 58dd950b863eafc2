"""The forms of what happens to agencies: read, tried out, then done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, unique

from cardsvc.agency_records import AgencyBook
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from issuance.registry.agencies import (
    NewAgency,
    dissolve_agency,
    import_agencies,
    merge_agencies,
    rename_agency,
    split_agency,
)
from issuance.registry.ports import AgencyStore
from web.console.forms import FormReader
from web.console.languages import Text

MAX_PARTS = 6
_CODE, _NAME = Text("Mã định danh", "Code"), Text("Tên cơ quan", "Name")
_SHORT, _PARENT = Text("Tên viết tắt", "Short name"), Text("Cơ quan cấp trên", "Agency above")
_ON = Text("Ngày bắt đầu", "First day")
_MERGED = Text("Các cơ quan sáp nhập", "Agencies to be merged")
Covers = Callable[[str], bool]


@unique
class AgencyDeed(StrEnum):
    """What happens to an agency."""

    ADD = "add"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    DISSOLVE = "dissolve"


@dataclass(frozen=True, slots=True)
class AgencyChange:
    """A change that somebody asks for.

    Args:
        deed: what happens.
        codes: to which agencies; none where one is added.
        into: what stands afterwards.
        on: the first day of the new order.
    """

    deed: AgencyDeed
    codes: tuple[AgencyCode, ...]
    into: tuple[NewAgency, ...]
    on: date

    @property
    def concerned(self) -> tuple[AgencyCode, ...]:
        """Every agency that it names, parents left out."""
        return tuple(dict.fromkeys([*self.codes, *(one.code for one in self.into)]))

    def do(self, store: AgencyStore, *, operator: str, at: datetime) -> None:
        """Do it.

        Raises:
            IssuanceError: as the use cases of ``issuance.registry.agencies``.
        """
        on = self.on
        match self.deed:
            case AgencyDeed.ADD:
                import_agencies(store, [(self.into[0], on)], operator=operator, at=at)
            case AgencyDeed.RENAME:
                rename_agency(store, self.codes[0], self.into[0], on=on, operator=operator, at=at)
            case AgencyDeed.MERGE:
                merge_agencies(store, self.codes, self.into[0], on=on, operator=operator, at=at)
            case AgencyDeed.SPLIT:
                split_agency(store, self.codes[0], self.into, on=on, operator=operator, at=at)
            case AgencyDeed.DISSOLVE:
                dissolve_agency(store, self.codes[0], on=on, operator=operator, at=at)


@dataclass(frozen=True, slots=True)
class _Reader:
    form: FormReader
    book: AgencyBook

    def code(self, name: str, label: Text, *, required: bool = True) -> AgencyCode | None:
        typed = self.form.text(name, label, required=required).split(" ")[0].upper()
        if not typed:
            return None
        try:
            return AgencyCode.parse(typed)
        except Malformed:
            self.form.refuse(name, "Mã định danh không đúng, ví dụ H57.12", "Such as H57.12")
            return None

    def parent(self) -> AgencyCode | None:
        found = self.code("parent", _PARENT, required=False)
        if found is not None and self.book.find(found) is None:
            self.form.refuse("parent", "Không có cơ quan mang mã này", "No agency has this code")
        return found

    def one(self, parent: AgencyCode | None) -> NewAgency | None:
        code = self.code("code", _CODE)
        name = self.form.text("name", _NAME)
        short = self.form.text("short_name", _SHORT, required=False)
        return None if code is None else NewAgency(code, name, short, parent)

    def merged(self) -> tuple[AgencyCode, ...]:
        typed = self.form.text("codes", _MERGED, longest=2_000).replace(",", " ").upper().split()
        found: list[AgencyCode] = []
        for text in typed:
            try:
                code = AgencyCode.parse(text)
            except Malformed:
                code = None
            if code is None or self.book.find(code) is None:
                self.form.refuse(
                    "codes", f"Không có cơ quan mang mã {text}", f"No agency has the code {text}"
                )
                break
            found.append(code)
        return tuple(found)

    def goes_on(self, on: date, parent: AgencyCode | None) -> NewAgency | None:
        """Return what agencies merge into; one that is in being already needs no name."""
        code = self.code("code", _CODE)
        known = code is not None and self.book.at(code, on) is not None
        name = self.form.text("name", _NAME, required=code is not None and not known)
        short = self.form.text("short_name", _SHORT, required=False)
        return None if code is None else NewAgency(code, name, short, parent)

    def parts(self, parent: AgencyCode | None) -> tuple[NewAgency, ...]:
        found: list[NewAgency] = []
        for place in range(1, MAX_PARTS + 1):
            wanted = place <= 2  # a split has two parts or more
            code_field, name_field = f"part-{place}-code", f"part-{place}-name"
            code = self.code(code_field, _CODE, required=wanted)
            name = self.form.text(name_field, _NAME, required=wanted or code is not None)
            if name and code is None and not self.form.error(code_field):
                self.form.refuse(code_field, "Nhập mã định danh", "Enter the code")
            if code is not None:
                found.append(NewAgency(code, name, "", parent))
        return tuple(found)


def read_change(
    form: FormReader,
    deed: AgencyDeed,
    code: AgencyCode | None,
    *,
    book: AgencyBook,
    covers: Covers,
) -> AgencyChange | None:
    """Read what is asked for; None after a fault is noted in the form.

    Args:
        form: what was sent.
        deed: which form it is.
        code: the agency whose page it was opened on; None where one is added.
        book: the agencies as they stand.
        covers: tells whether an agency is in the operator's scope: every one concerned has to be.
    """
    reader = _Reader(form, book)
    on = form.day("on", _ON)
    codes = () if code is None else (code,)
    into: tuple[NewAgency, ...] = ()
    if deed is not AgencyDeed.DISSOLVE:
        parent = reader.parent()
        if deed is AgencyDeed.SPLIT:
            into = reader.parts(parent)
        elif deed is AgencyDeed.MERGE:
            codes = tuple(dict.fromkeys([*codes, *reader.merged()]))
            following = reader.goes_on(on or date.max, parent)
            into = () if following is None else (following,)
        else:
            single = reader.one(parent)
            into = () if single is None else (single,)
    if on is None or form.errors:
        return None
    change = AgencyChange(deed, codes, into, on)
    _check(form, change, book, covers)
    return None if form.errors else change


def code_field(deed: AgencyDeed) -> str:
    """Return the field at which a fault of a code is said."""
    fields = {AgencyDeed.SPLIT: "part-1-code", AgencyDeed.DISSOLVE: "on"}
    return fields.get(deed, "code")


def _check(form: FormReader, change: AgencyChange, book: AgencyBook, covers: Covers) -> None:
    field = code_field(change.deed)
    if not all(covers(one.value) for one in change.concerned):
        form.refuse(
            field,
            "Có cơ quan nằm ngoài phạm vi của bạn",
            "One of the agencies lies outside your scope",
        )
    if change.deed is AgencyDeed.ADD and book.find(change.into[0].code) is not None:
        form.refuse(field, "Mã này đã có cơ quan", "This code is on record")
    above = next((one.parent for one in change.into if one.parent), None)
    kept = {version.parent for code in change.codes if (version := book.at(code, change.on))}
    if above is not None and above not in kept and not covers(above.value):
        form.refuse(
            "parent",
            "Cơ quan cấp trên nằm ngoài phạm vi của bạn",
            "The agency above lies outside your scope",
        )
    if above is not None and above in _below(change, book):
        form.refuse(
            "parent",
            "Cơ quan cấp trên không thể là chính nó hoặc cơ quan trực thuộc",
            "An agency can't stand below itself or below one of its own",
        )


def _below(change: AgencyChange, book: AgencyBook) -> set[AgencyCode]:
    """Return those that can't stand above what a change makes."""
    made = {one.code for one in change.into}
    renamed = change.codes if change.deed is AgencyDeed.RENAME else ()
    return made.union(*(book.subtree(code, change.on) for code in (*renamed, *made)))
