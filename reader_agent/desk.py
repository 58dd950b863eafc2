"""The issuing desk: relays a personalisation job between the service and a card.

The agent is a pipe. It learns no key; it only runs batches and hands responses back.
"""

from __future__ import annotations

from cardsvc.card.batch import run_batch
from cardsvc.card.connection import ApduTransport, CardConnection
from reader_agent.client import JobFinished, ServiceClient


def relay_job(client: ServiceClient, job_id: str, connection: CardConnection) -> str:
    """Run a personalisation job to its end; return the card's state.

    Raises:
        ServiceError: the service can't be reached or refuses the job.
    """
    transport = ApduTransport(connection)
    step = client.start_job(job_id)
    while not isinstance(step, JobFinished):
        step = client.answer_job(job_id, run_batch(transport, step))
    return step.state
