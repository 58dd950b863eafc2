"""Events of reader agents as a hash chain: their canonical octets, and how a chain goes on.

Each event names its chain and holds the SHA-256 of the event before it, so that whoever knows the
last hash knows all of them: one that is missing, changed or in another place is noticed. A chain
begins with the file that keeps it; its identifier is random, so a copied disk has the same chain,
and the second to go on with it is found out.

Spec: RFC 8785 (JSON canonicalization) as ``canonical_json`` has it; FIPS 180-4 (SHA-256).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from hashlib import sha256
from typing import NoReturn, TypeAlias

from cardsvc.canonical_json import (
    encode_document,
    encode_instant,
    parse_document,
    parse_instant,
)
from cardsvc.errors import Malformed, ReasonCode, VerificationError

JsonScalar: TypeAlias = str | int | bool | None
"""What a fact may be; identifiers and codes only, never a name, number, PIN, key or token."""

ENCODING_VERSION = 1
CHAIN_OCTETS = 16
HASH_OCTETS = 32
MAX_EVENT_OCTETS = 4096
MAX_FACTS = 40
MAX_SEQ = 2**53 - 1
"""The largest integer that every reader of JSON takes exactly (RFC 8259 section 6)."""
_MAX_TEXT = 2048
_GENESIS = b"cardsvc event chain 1\x00"
_MEMBERS = frozenset({"v", "chain", "seq", "prev", "at", "kind", "facts"})
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){0,3}")
_FACT = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class AgentEvent:
    """One thing that happened at an agent.

    Args:
        chain: the chain's identifier, 16 octets.
        seq: its place, from 1.
        previous: the hash of the event before it, 32 octets.
        at: when, by the agent's clock.
        kind: what, such as ``tap.decided``.
        facts: flat details without personal data.
    """

    chain: bytes
    seq: int
    previous: bytes
    at: datetime
    kind: str
    facts: Mapping[str, JsonScalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain stands: the place and the hash of its last event."""

    seq: int
    sha256: bytes

    @classmethod
    def of_empty(cls, chain: bytes) -> ChainHead:
        """Return the head of a chain before its first event."""
        return cls(0, sha256(_GENESIS + chain).digest())


@unique
class ChainBreak(StrEnum):
    """How an agent's events can fail to go on with what is known of it."""

    GAP = "gap"
    FORK = "fork"
    RESTART = "restart"


class ChainBroken(VerificationError):
    """Events do not go on with the chain that is known; none of them is taken.

    Args:
        how: a gap before them, or a fork: another event stands in their place.
        seq: where.
    """

    def __init__(self, how: ChainBreak, seq: int) -> None:
        reason = (
            ReasonCode.EVENT_CHAIN_GAP if how is ChainBreak.GAP else ReasonCode.EVENT_CHAIN_FORKED
        )
        super().__init__(reason, f"{how.value} at event {seq}")
        self.how = how
        self.seq = seq


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event with the octets that came, over which its hash is."""

    event: AgentEvent
    octets: bytes = field(repr=False)
    sha256: bytes


def receive_event(octets: bytes) -> ReceivedEvent:
    """Read an event and hash what was received.

    Raises:
        Malformed: as ``parse_agent_event``.
    """
    return ReceivedEvent(parse_agent_event(octets), octets, sha256(octets).digest())


def follow_chain(
    head: ChainHead, known: Mapping[int, bytes], batch: Sequence[ReceivedEvent]
) -> Sequence[ReceivedEvent]:
    """Return those events of a batch that go on after a head; the others are known already.

    Args:
        head: the last event that is known.
        known: the hashes of the events up to the head that the batch names again, by place.
        batch: events of one chain in order.

    Raises:
        ChainBroken: a place is left out, another event stood there, or the one before differs.
    """
    fresh: list[ReceivedEvent] = []
    for one in batch:
        seq = one.event.seq
        if seq <= head.seq and not fresh:
            if known.get(seq) != one.sha256:
                raise ChainBroken(ChainBreak.FORK, seq)
            continue
        if seq != head.seq + 1:
            raise ChainBroken(ChainBreak.GAP, seq)
        if one.event.previous != head.sha256:
            raise ChainBroken(ChainBreak.FORK, seq)
        fresh.append(one)
        head = ChainHead(seq, one.sha256)
    return fresh


def encode_agent_event(event: AgentEvent) -> bytes:
    """Encode an event; equal events give equal octets.

    Raises:
        Malformed: a kind or fact is not of its form, or the event is too long.
    """
    _check(event)
    document: dict[str, object] = {
        "v": ENCODING_VERSION,
        "chain": event.chain.hex(),
        "seq": event.seq,
        "prev": event.previous.hex(),
        "at": encode_instant(event.at),
        "kind": event.kind,
        "facts": dict(event.facts),
    }
    return encode_document(document, most=MAX_EVENT_OCTETS)


def parse_agent_event(octets: bytes) -> AgentEvent:
    """Parse canonical octets back into the event.

    Raises:
        Malformed: other members, another version, or octets that are not the canonical ones.
    """
    document = parse_document(
        octets, members=_MEMBERS, version=ENCODING_VERSION, most=MAX_EVENT_OCTETS
    )
    try:
        event = AgentEvent(
            chain=bytes.fromhex(document["chain"]),
            seq=document["seq"],
            previous=bytes.fromhex(document["prev"]),
            at=parse_instant(document["at"]),
            kind=document["kind"],
            facts=document["facts"],
        )
    except (TypeError, ValueError):
        _refuse("no such identifier or instant")
    _check(event)
    if encode_agent_event(event) != octets:
        _refuse("not canonical")
    return event


def _check(event: AgentEvent) -> None:
    if len(event.chain) != CHAIN_OCTETS or len(event.previous) != HASH_OCTETS:
        _refuse("an identifier or a hash has another length")
    _check_values(event.seq, event.kind, event.facts)


def _check_values(seq: object, kind: object, facts: object) -> None:
    """Check what JSON gives any type."""
    if type(seq) is not int or not 1 <= seq <= MAX_SEQ:
        _refuse("no such place")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        _refuse("no such kind")
    if not isinstance(facts, Mapping) or len(facts) > MAX_FACTS:
        _refuse("facts are an object of few members")
    for name, value in facts.items():
        if not isinstance(name, str) or not _FACT.fullmatch(name):
            _refuse("a fact has no such name")
        _check_fact(value)


def _check_fact(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) <= MAX_SEQ:
        return
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
        _refuse("a fact is printable text, an integer, true, false or null")


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"event: {message}")
