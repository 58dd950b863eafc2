"""How the regular work goes, in a few words for whoever watches the service."""

from __future__ import annotations

from datetime import UTC

from web.housekeeping.ports import HousekeepingStore


def regular_work(store: HousekeepingStore) -> dict[str, object]:
    """Return when each step ran last, and which of them failed then.

    Raises:
        StoreError: the database does not answer.
    """
    records = store.records()
    return {
        "failing": [record.step.value for record in records if record.failure],
        "ran": {
            record.step.value: record.ran_at.astimezone(UTC).isoformat(timespec="seconds")
            for record in records
        },
    }
