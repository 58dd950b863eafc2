"""Who sends the requests that are served together: tokens are looked up at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from web.agents.credentials import ShownToken, shown_by
from web.agents.sign_in import ProofRefused, SignedRequest
from web.services import Services
from web.tap_lane.plain import PlainRequest


def sign_in(services: Services, requests: Sequence[PlainRequest], at: datetime) -> None:
    """Note at each request which agent sent it; one that no agent sent is left as it is.

    Args:
        services: the use cases.
        requests: those that are known already are not asked again.
        at: the instant.
    """
    unknown = [one for one in requests if one.agent is None]
    shown = [
        shown_by(one.authorization, one.signed, tokens=services.agents.tokens) for one in unknown
    ]
    tokens = sorted({one.sha256 for one in shown if isinstance(one, ShownToken)})
    by_token = services.access.agents_by_tokens(tokens) if tokens else {}
    for request, what in zip(unknown, shown, strict=True):
        if isinstance(what, ShownToken):
            request.agent = by_token.get(what.sha256)
        elif what is not None:
            request.agent = _signer(services, what, at)


def _signer(services: Services, signed: SignedRequest, at: datetime) -> str | None:
    try:
        return services.agents.sign_in.agent_of(signed, at).agent
    except ProofRefused:
        return None  # the usual way refuses it again, and says why
