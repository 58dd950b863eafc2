"""A session at a counter, as its software leads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import encode_object, parse_object
from cardsvc.wire.tap import ChallengeMessage
from reader_agent.virtual.card import VirtualCard
from tests.support.partner import Partner, answer


@dataclass
class Counter:
    """One session; ``base`` is /partner/v1 or /agent/v1."""

    caller: Partner
    id: str
    base: str = "/partner/v1"

    @classmethod
    def open(cls, caller: Partner, service: str, **more: str) -> Counter:
        base = "/agent/v1" if "relying_party" in more else "/partner/v1"
        opened = caller.call(f"{base}/sessions", {"service": service, **more})
        return cls(caller, opened["id"], base)

    def path(self, step: str = "") -> str:
        return f"{self.base}/sessions/{self.id}{step}"

    def as_it_stands(self) -> Any:
        return self.caller.call(self.path(), {}, method="GET")

    def question(self, level: AssuranceLevel) -> ChallengeMessage:
        asked = self.caller.call(self.path("/challenges"), {"level": level.name})
        return ChallengeMessage.parse(encode_object(asked))

    def tap(self, card: VirtualCard, level: AssuranceLevel) -> Any:
        shown = answer(card, self.question(level), level)
        return self.caller.call(self.path("/presentations"), parse_object(shown.encode()))

    def confirm(self, officer: str = "can-bo-lan") -> Any:
        return self.caller.call(self.path("/photo-match"), {"officer": officer})

    def close(self) -> Any:
        return self.caller.call(self.path("/close"), {})
