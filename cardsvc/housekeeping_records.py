"""What housekeeping did last, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique


@unique
class StepName(StrEnum):
    """A piece of regular work."""

    RESUME_RETURNS = "resume_returns"
    PUBLISH_STATUS = "publish_status"
    SIGN_TREE_HEAD = "sign_tree_head"
    CHECK_SIGNERS = "check_signers"
    RESUME_IMPORTS = "resume_imports"
    RESUME_BATCHES = "resume_batches"
    COUNT_CARDS = "count_cards"
    COUNT_DUE = "count_due"
    FORGET_EXPIRED = "forget_expired"
    FORGET_IMPORTS = "forget_imports"
    ASK_WITNESSES = "ask_witnesses"
    TELL_EVENTS = "tell_events"
    FORGET_EVENTS = "forget_events"
    END_RETENTION = "end_retention"


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The last run of a step.

    Args:
        step: which.
        ran_at: when it began last.
        succeeded_at: when it last began a run that succeeded; None where none did.
        done: how many things the last run did.
        failure: the code of why the last run failed; empty where it did not.
    """

    step: StepName
    ran_at: datetime
    succeeded_at: datetime | None = None
    done: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """Which process does the regular work, and until when nobody else does."""

    holder: str
    until: datetime
