"""The use cases behind the partners' flows, as ``wiring.flows`` fits them together."""

from __future__ import annotations

from dataclasses import dataclass

from verification.flows.counter_session import SessionDesk
from verification.flows.credential_check import CredentialDesk
from verification.flows.delegation import DelegationDesk
from verification.flows.own_checks import OwnChecksDesk
from verification.flows.pseudonym_desk import PseudonymDesk
from verification.flows.session_portrait import SessionPortraits
from verification.flows.status_query import StatusDesk
from verification.flows.visitor_desk import VisitorDesk
from verification.release.portrait import PortraitDesk


@dataclass(frozen=True, slots=True)
class FlowServices:
    """What partners ask beside a tap.

    Args:
        credentials: decides about QR codes.
        status: tells where a card stands.
        sessions: runs sessions at counters.
        delegations: decides about business delegates.
        visitors: issues, checks and revokes visitor passes.
        pseudonyms: rotates and explains pseudonyms.
        own_checks: tells holders who checked their cards.
        portraits: hands holders' photos over, for a decision.
        match_portraits: hands them over to officers, for a match at a counter.
    """

    credentials: CredentialDesk
    status: StatusDesk
    sessions: SessionDesk
    delegations: DelegationDesk
    visitors: VisitorDesk
    pseudonyms: PseudonymDesk
    own_checks: OwnChecksDesk
    portraits: PortraitDesk
    match_portraits: SessionPortraits
