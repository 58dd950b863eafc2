"""The latest edition of each status document, shared by every process. Over SQL."""

from __future__ import annotations

from sqlalchemy import and_

from cardsvc.status_records import PublishedDocument
from cardsvc.store.engine import Database
from cardsvc.store.schema import PublishedDocumentRow
from cardsvc.store.upsert import upsert


class SqlPublishedDocuments:
    """Implements ``keys.ports.DocumentStore``.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str) -> PublishedDocument | None:
        """Return a document's latest edition, or None."""
        with self._database.reading() as session:
            row = session.get(PublishedDocumentRow, name)
            if row is None:
                return None
            return PublishedDocument(row.octets, row.made_at, row.number, row.changes)

    def keep(self, name: str, document: PublishedDocument, *, after: int) -> bool:
        """Keep an edition, if it follows the one that is there; tell whether it was kept."""
        edition = {
            "number": document.number,
            "changes": document.changes,
            "made_at": document.made_at,
            "octets": document.octets,
        }
        follows = and_(
            PublishedDocumentRow.number == after,
            PublishedDocumentRow.changes <= document.changes,
        )
        with self._database.writing() as session:
            statement = (
                upsert(session, PublishedDocumentRow)
                .values(name=name, **edition)
                .on_conflict_do_update(index_elements=["name"], set_=edition, where=follows)
                .returning(PublishedDocumentRow.name)
            )
            return session.scalar(statement) is not None
