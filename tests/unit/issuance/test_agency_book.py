"""The book of agencies where histories are odd: circles, gaps, parents that ended."""

from __future__ import annotations

from datetime import date

from cardsvc.agency_records import Agency, AgencyBook, AgencyFate, AgencyVersion
from cardsvc.identity.agency_code import AgencyCode

A, B, C = (AgencyCode(text) for text in ("H57", "H57.1", "H57.2"))
FIRST, DAY, LAST = date(2020, 1, 1), date(2024, 1, 1), date(2024, 12, 31)


def since(parent: AgencyCode | None, start: date = FIRST) -> AgencyVersion:
    return AgencyVersion("Sở", "", parent, start)


def until(last: date, fate: AgencyFate, *became: AgencyCode) -> AgencyVersion:
    return AgencyVersion("Sở", "", None, FIRST, last, fate, became)


def test_parents_in_a_circle_are_shown_and_end() -> None:
    book = AgencyBook([Agency(A, (since(B),)), Agency(B, (since(A),)), Agency(C, (since(C),))])
    assert {node.code for node in book.tree(DAY)} == {A, B, C}
    assert book.ancestors(A, DAY) == (B,)
    assert not book.approver_outside_unit(C, DAY)


def test_successors_in_a_circle_end() -> None:
    book = AgencyBook(
        [
            Agency(A, (until(DAY, AgencyFate.MERGED, B),)),
            Agency(B, (until(DAY, AgencyFate.MERGED, A),)),
        ]
    )
    assert book.successors(A, LAST) == ()


def test_an_orphan_of_a_dissolved_or_split_agency_stands_at_the_top() -> None:
    ended = until(DAY, AgencyFate.SPLIT, B, C)
    below = AgencyCode("H57.9")
    book = AgencyBook(
        [
            Agency(A, (ended,)),
            Agency(B, (since(None, LAST),)),
            Agency(C, (since(None, LAST),)),
            Agency(below, (since(A),)),
        ]
    )
    assert book.parent(below, DAY) == A
    assert book.parent(below, LAST) is None
    assert {node.code: node.depth for node in book.tree(LAST)} == {B: 0, C: 0, below: 0}
    assert book.successors(A, LAST) == (B, C)


def test_what_nobody_knows_has_no_name_and_no_successor() -> None:
    book = AgencyBook([])
    assert book.at(A, DAY) is None
    assert book.successors(A, DAY) == ()
    assert book.subtree(A, DAY) == (A,)
    assert book.tree(DAY) == ()
