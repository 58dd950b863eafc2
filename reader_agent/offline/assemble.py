"""What an agent needs to go on without the service: outbox, bundle, and who decides by it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from cardsvc.clock import Clock
from cardsvc.errors import ReasonCode, StoreError
from reader_agent.client import ServiceClient
from reader_agent.offline.judge import OfflineJudge
from reader_agent.offline.keeper import BundleKeeper
from reader_agent.offline.shelf import Shelf
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.recorder import FaultRecorder
from reader_agent.outbox.sender import OutboxSender
from reader_agent.run.config import AgentConfig
from reader_agent.run.hub import Hub


@dataclass(frozen=True, slots=True)
class OfflineParts:
    """What goes on without the service.

    Args:
        outbox: takes events.
        sender: a part; sends them.
        recorder: a part; keeps what no other part keeps.
        keeper: a part; keeps the bundle. None where this agent does not decide offline.
        judge: decides by it; None likewise.
    """

    outbox: Outbox
    sender: OutboxSender
    recorder: FaultRecorder
    keeper: BundleKeeper | None
    judge: OfflineJudge | None

    @property
    def parts(self) -> tuple[OutboxSender | FaultRecorder | BundleKeeper, ...]:
        """The bodies of the threads to be supervised."""
        parts = (self.sender, self.recorder)
        return parts if self.keeper is None else (*parts, self.keeper)


def assemble_offline(
    config: AgentConfig,
    *,
    client: ServiceClient,
    hub: Hub,
    clock: Clock,
    monotonic: Callable[[], float],
    random_octets: Callable[[int], bytes],
    undo: ExitStack,
) -> OfflineParts:
    """Open outbox and bundle; nothing runs yet.

    Args:
        config: agent.toml.
        client: the service.
        hub: hears when the disk fails.
        clock: the machine's.
        monotonic: seconds that no clock change moves.
        random_octets: a cryptographic random source.
        undo: closes what is opened.

    Raises:
        StoreError: the agent's data folder can't be written to.
    """
    outbox = Outbox(config.state_dir, config.outbox, clock, hub.publish)
    undo.callback(outbox.close)
    sender = OutboxSender(outbox, client, clock, config.outbox)
    recorder = FaultRecorder(hub, outbox)
    if not config.offline.enabled:
        return OfflineParts(outbox, sender, recorder, None, None)
    try:
        shelf = Shelf(config.state_dir / "bundle")
    except OSError as error:
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, f"the bundle: {error}") from error
    keeper = BundleKeeper(
        config.relying_party,
        service=client,
        shelf=shelf,
        config=config.offline,
        machine=clock,
        monotonic=monotonic,
    )
    judge = OfflineJudge(
        keeper,
        config.offline,
        outbox,
        random_octets=random_octets,
        new_id=lambda: str(uuid.uuid4()),
    )
    return OfflineParts(outbox, sender, recorder, keeper, judge)
