"""The issuing desk: relays a personalisation job between the service and a card.

The agent is a pipe. It learns no key; it only runs batches and hands responses back.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card.batch import run_batch
from cardsvc.card.connection import ApduTransport, CardConnection
from cardsvc.errors import ReasonCode
from reader_agent.client import JobFinished, ServiceClient

OPEN = "open"
"""The state of an order that still stands, as the service tells it."""


class JobOver(Exception):
    """The service has no such job for us any more."""


@dataclass(frozen=True, slots=True)
class RelayedJob:
    """How a job ended, and what it cost.

    Args:
        state: the card's state, as the service says.
        reason: why the card was torn, or None.
        apdus: how many the card was sent.
        round_trips: how often the service was asked.
    """

    state: str
    reason: ReasonCode | None
    apdus: int
    round_trips: int


def relay_job(client: ServiceClient, job_id: str, connection: CardConnection) -> RelayedJob:
    """Run a personalisation job to its end.

    Raises:
        ServiceError: the service can't be reached or refuses the job.
    """
    transport = ApduTransport(connection)
    step = client.start_job(job_id)
    round_trips = 1
    while not isinstance(step, JobFinished):
        step = client.answer_job(job_id, run_batch(transport, step))
        round_trips += 1
    return RelayedJob(step.state, step.reason, transport.apdu_count, round_trips)
