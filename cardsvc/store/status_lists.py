"""Places of cards in status lists, and what each list says. Implements ``keys.ports``.

The lists are read from the tables that CRLs, OCSP and verification read, so that one change in
one transaction is in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.status_list import TokenStatus, card_status
from cardsvc.status_records import ListedStatuses, StatusPlace
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    CardKeyRow,
    CardRow,
    CertificateRow,
    StatusEntryRow,
    StatusListRow,
)
from cardsvc.store.status_changes import list_subject, read_changes
from cardsvc.store.upsert import upsert
from cardsvc.terms import Realm, RevocationReason

LIST_SIZE = 1 << 20
"""Places in a list: 256 KiB before compression; cards hide among a million (section 12.5)."""
_DRAWS = 64
"""A list in which so many places in a row are taken counts as full: at about 86 %."""

RandomOctets = Callable[[int], bytes]


def give_place(
    session: Session,
    guid: CardGuid,
    random_octets: RandomOctets,
    realm: Realm,
    size: int = LIST_SIZE,
) -> StatusPlace:
    """Give a new card a random place that no card ever had, in this transaction.

    A place that another transaction is about to take is waited for, not taken twice.

    Spec: draft-ietf-oauth-status-list-17 section 13.2: places don't tell the order of issuance.

    Args:
        session: of the transaction that inserts the card.
        guid: the card; its row is there already.
        random_octets: a cryptographic source.
        realm: the card's; each has lists of its own.
        size: of a list that must be opened; a power of two.
    """
    while True:
        opened = _open_list(session, realm, size)
        for index in _free_places(session, opened, random_octets):
            if _take(session, StatusPlace(opened.number, index), guid):
                return StatusPlace(opened.number, index)
        _add_list(session, realm, size, opened.number)


def give_places(
    session: Session,
    guids: Sequence[CardGuid],
    random_octets: RandomOctets,
    realm: Realm,
    size: int = LIST_SIZE,
) -> None:
    """Give many new cards of a realm their places, as ``give_place`` does for one.

    One draw for each, all of them inserted at once; those whose place was taken get theirs singly.
    """
    if not guids:
        return
    opened = _open_list(session, realm, size)
    drawn = {_draw(opened, random_octets): guid for guid in guids}
    rows = [
        {"list_number": opened.number, "idx": index, "guid": guid}
        for index, guid in sorted(drawn.items())  # in one order, so that no two wait for each other
    ]
    taken = upsert(session, StatusEntryRow).on_conflict_do_nothing(
        index_elements=["list_number", "idx"]
    )
    given = set(session.scalars(taken.returning(StatusEntryRow.guid), rows))
    for guid in guids:
        if guid not in given:
            give_place(session, guid, random_octets, realm, size)


def _open_list(session: Session, realm: Realm, size: int) -> StatusListRow:
    own = select(StatusListRow).where(StatusListRow.realm == realm)
    query = own.order_by(StatusListRow.number.desc()).limit(1)
    found = session.scalar(query)
    while found is None:  # again, where the other realm took the number in this instant
        _add_list(session, realm, size)
        found = session.scalar(query)
    return found


def _free_places(
    session: Session, opened: StatusListRow, random_octets: RandomOctets
) -> Iterator[int]:
    """Yield places that look free: one blindly, which in a young list is enough, then the rest."""
    yield _draw(opened, random_octets)
    drawn = list(dict.fromkeys(_draw(opened, random_octets) for _ in range(_DRAWS)))
    query = select(StatusEntryRow.idx).where(
        StatusEntryRow.list_number == opened.number, StatusEntryRow.idx.in_(drawn)
    )
    taken = set(session.scalars(query))
    yield from (index for index in drawn if index not in taken)


def _draw(opened: StatusListRow, random_octets: RandomOctets) -> int:
    # 64 bits over a power of two leave no bias; over another size less than 2^-40
    return int.from_bytes(random_octets(8), "big") % opened.size


def _take(session: Session, place: StatusPlace, guid: CardGuid) -> bool:
    statement = (
        upsert(session, StatusEntryRow)
        .values(list_number=place.list_number, idx=place.index, guid=guid)
        .on_conflict_do_nothing(index_elements=["list_number", "idx"])
        .returning(StatusEntryRow.idx)
    )
    return session.scalar(statement) is not None


def _add_list(session: Session, realm: Realm, size: int, after: int = 0) -> None:
    """Open a list under the next number, unless the realm has one after ``after`` by now."""
    newest = select(func.max(StatusListRow.number)).where(StatusListRow.realm == realm)
    if (session.scalar(newest) or 0) > after:
        return
    number = (session.scalar(select(func.max(StatusListRow.number))) or 0) + 1
    statement = upsert(session, StatusListRow).values(number=number, size=size, realm=realm)
    session.execute(statement.on_conflict_do_nothing(index_elements=["number"]))


class SqlStatusLists:
    """Reads status lists.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def numbers(self) -> Sequence[int]:
        """Return the numbers of all lists, ascending."""
        with self._database.reading() as session:
            return session.scalars(
                select(StatusListRow.number).order_by(StatusListRow.number)
            ).all()

    def changes(self, list_number: int) -> int:
        """Return how often what a list says has changed."""
        with self._database.reading() as session:
            return read_changes(session, list_subject(list_number))

    def read(self, list_number: int) -> ListedStatuses | None:
        """Return what a list says, None where there is no such list."""
        with self._database.reading() as session:
            found = session.get(StatusListRow, list_number)
            if found is None:
                return None
            said = _certificates_say(session, list_number) | _cards_say(session, list_number)
            # a state that ends a card outweighs a hold, whoever says it
            ended = {index for index, status in said if status is TokenStatus.INVALID}
            return ListedStatuses(
                found.size,
                sorted(one for one in said if one[1] is TokenStatus.INVALID or one[0] not in ended),
                found.realm,
            )

    def place(self, guid: CardGuid) -> StatusPlace | None:
        """Return a card's place, None where we never made the card."""
        query = select(StatusEntryRow.list_number, StatusEntryRow.idx).where(
            StatusEntryRow.guid == guid
        )
        with self._database.reading() as session:
            row = session.execute(query).one_or_none()
            return None if row is None else StatusPlace(row.list_number, row.idx)


_Said = set[tuple[int, TokenStatus]]
"""Place and status. Both queries below ask for the few cards that are not valid on any list, and
choose the list afterwards: nearly every card is on it, and a planner that starts there visits a
million cards (measured: 47 s on SQLite, 4 s on PostgreSQL, instead of tenths of a second)."""


def _cards_say(session: Session, list_number: int) -> _Said:
    """Return what the cards' states say; found by state, for most cards are active."""
    worth_saying = [state for state in CardState if card_status(state) is not TokenStatus.VALID]
    query = (
        select(StatusEntryRow.list_number, StatusEntryRow.idx, CardRow.state)
        .join(CardRow, CardRow.guid == StatusEntryRow.guid)
        .where(CardRow.state.in_(worth_saying))
    )
    return {
        (index, card_status(state))
        for number, index, state in session.execute(query)
        if number == list_number
    }


def _certificates_say(session: Session, list_number: int) -> _Said:
    """Return what the CA says of the keys on record, where it was revoked without the RA."""
    query = (
        select(StatusEntryRow.list_number, StatusEntryRow.idx, CertificateRow.revocation_reason)
        .join(CardKeyRow, CardKeyRow.guid == StatusEntryRow.guid)
        .join(
            CertificateRow,
            and_(
                CertificateRow.issuer_key_id == CardKeyRow.issuer_key_id,
                CertificateRow.serial == CardKeyRow.serial,
            ),
        )
        .where(CertificateRow.revoked_at.is_not(None))
    )
    hold = RevocationReason.CERTIFICATE_HOLD
    return {
        (index, TokenStatus.SUSPENDED if reason is hold else TokenStatus.INVALID)
        for number, index, reason in session.execute(query)
        if number == list_number
    }
