"""Forms are sent once: who sends one again is led where the first sending led."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from cardsvc.session_records import ClaimState, FormClaim
from cardsvc.store.engine import Database
from cardsvc.store.schema import FormSubmissionRow
from cardsvc.store.upsert import upsert

FORMS_KEPT = timedelta(days=2)
"""Longer than any session lasts, so than any form can lie open."""


class SqlFormStore:
    """Keeps which forms were sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, token_sha256: bytes, at: datetime) -> FormClaim:
        """Claim a form's token; only the first who asks is told FIRST."""
        with self._database.writing() as session:
            session.execute(
                delete(FormSubmissionRow).where(FormSubmissionRow.claimed_at < at - FORMS_KEPT)
            )
            inserted = session.execute(
                upsert(session, FormSubmissionRow)
                .values(token_sha256=token_sha256, claimed_at=at)
                .on_conflict_do_nothing()
                .returning(FormSubmissionRow.token_sha256)
            ).one_or_none()
            if inserted is not None:
                return FormClaim(ClaimState.FIRST)
            outcome = session.get_one(FormSubmissionRow, token_sha256).outcome
            if outcome is None:
                return FormClaim(ClaimState.RUNNING)
            return FormClaim(ClaimState.DONE, outcome)

    def conclude(self, token_sha256: bytes, outcome: str) -> None:
        """Note where the first sending led."""
        with self._database.writing() as session:
            session.execute(
                update(FormSubmissionRow)
                .where(FormSubmissionRow.token_sha256 == token_sha256)
                .values(outcome=outcome)
            )

    def release(self, token_sha256: bytes) -> None:
        """Give a token back: nothing was done, the form may be corrected and sent again."""
        with self._database.writing() as session:
            session.execute(
                delete(FormSubmissionRow).where(
                    FormSubmissionRow.token_sha256 == token_sha256,
                    FormSubmissionRow.outcome.is_(None),
                )
            )
