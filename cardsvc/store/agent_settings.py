"""What is set at agents from afar. Implements ``web.agents.settings.SettingsStore``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from cardsvc.agent_settings_records import SettingsVersion
from cardsvc.audit import AuditEvent
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentRow, AgentSettingsRow

_WANTED = select(func.max(AgentSettingsRow.seq)).where(AgentSettingsRow.agent == bindparam("agent"))


class SqlAgentSettings:
    """Keeps versions.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, version: SettingsVersion, event: AuditEvent) -> bool:
        """Keep a version that follows the last one.

        Returns:
            False where there is no such agent, or somebody else's version came in between.
        """
        with audited(self._database) as (session, trail):
            # whoever writes settings of this agent waits for the other here
            if session.get(AgentRow, version.agent, with_for_update=True) is None:
                return False
            if (session.scalar(_WANTED, {"agent": version.agent}) or 0) + 1 != version.seq:
                return False
            session.add(
                AgentSettingsRow(
                    agent=version.agent,
                    seq=version.seq,
                    text=version.text,
                    made_by=version.made_by,
                    made_at=version.made_at,
                    restored_from=version.restored_from,
                )
            )
            trail.record(event)
            return True

    def wanted(self, agent: str) -> int | None:
        """Return the number of an agent's last version; None where nothing was ever set."""
        found: int | None = self._database.look_up(_WANTED, agent=agent)[0][0]
        return found

    def find(self, agent: str, seq: int) -> SettingsVersion | None:
        """Return a version, or None."""
        with self._database.reading() as session:
            row = session.get(AgentSettingsRow, (agent, seq))
            return None if row is None else _version(row)

    def history(self, agent: str, limit: int) -> Sequence[SettingsVersion]:
        """Return an agent's versions, the newest first."""
        query = (
            select(AgentSettingsRow)
            .where(AgentSettingsRow.agent == agent)
            .order_by(AgentSettingsRow.seq.desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_version(row) for row in session.scalars(query)]


def _version(row: AgentSettingsRow) -> SettingsVersion:
    return SettingsVersion(
        agent=row.agent,
        seq=row.seq,
        text=row.text,
        made_by=row.made_by,
        made_at=row.made_at,
        restored_from=row.restored_from,
    )
