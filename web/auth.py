"""Who calls: agents by their device's key or a bearer token, partners by a token.

What a partner's token opens, ``web.partners.door`` knows.
"""

from __future__ import annotations

from datetime import datetime

from flask import g, request

from cardsvc.partner_records import PartnerCaller, Scope
from web.agents.credentials import ShownToken, shown_by
from web.agents.sign_in import ProofRefused, SignedRequest
from web.bearer import parse_bearer
from web.named_requests import name_request
from web.partners.door import NotLetIn
from web.partners.forwarded import parse_forwarded_certificate
from web.partners.services import PartnerServices
from web.problems import Unauthenticated
from web.services import Services


def partner_caller(partners: PartnerServices, scope: Scope, at: datetime) -> PartnerCaller:
    """Return the partner that sends this request, once it is counted and was not answered before.

    Args:
        partners: the partners' door.
        scope: what the endpoint is about.
        at: the instant of the request.

    Raises:
        Unauthenticated: no token, nobody's, or one that has ended.
        ScopeMissing: the token was given for something else.
        TooManyRequests: the partner has had all that was agreed.
        AnsweredBefore: the request has a name, and was answered under it.
        CardsvcError: its name is another request's, or of one that is being answered.
        Malformed: the proxy passes on what is no certificate.
    """
    token = _token()
    try:
        caller = partners.door.enter(token, scope, client_certificate(partners), at)
    except NotLetIn as error:
        raise Unauthenticated from error
    g.caller = caller.id
    g.rate_limits = partners.quota.take(caller.id, caller.limits, at)
    name_request(partners.named, caller.id, at)
    return caller


def client_certificate(partners: PartnerServices) -> str:
    """Return SHA-256 of the TLS client certificate, hex; empty where no proxy passes one on.

    Raises:
        Malformed: what the proxy passes on is no certificate.
    """
    name = partners.certificate_header
    value = request.headers.get(name, "") if name else ""
    return parse_forwarded_certificate(value).sha256 if value else ""


def _token() -> str:
    token = parse_bearer(request.headers.get("Authorization", ""))
    if token is None:
        raise Unauthenticated
    return token


def calling_agent(services: Services, *, is_answer_secret: bool = False) -> str:
    """Return the agent that the request comes from, by its device's key or its token.

    Args:
        services: the use cases.
        is_answer_secret: the answer may not be kept on a disk.

    Raises:
        Unauthenticated: neither, or one that opens nothing; or tokens are switched off.
        AnsweredBefore: the request has a name, and was answered under it.
        CardsvcError: its name is another request's, or of one that is being answered.
    """
    authorization = request.headers.get("Authorization", "")
    match shown_by(authorization, _signed_request, tokens=services.agents.tokens):
        case ShownToken(sha256):
            agent = services.access.agent_by_token(sha256)
        case SignedRequest() as signed:
            agent = _signer(services, signed)
        case None:
            agent = None
    if agent is None:
        raise Unauthenticated
    g.caller = agent
    agents = services.agents
    name_request(agents.passing if is_answer_secret else agents.named, agent, services.clock.now())
    return agent


def _signer(services: Services, signed: SignedRequest) -> str:
    sign_in, at = services.agents.sign_in, services.clock.now()
    try:
        if "signed_in" in g:  # a request that waits looks again; its proof serves once
            sign_in.require_still(g.signed_in, at)
        else:
            g.signed_in = sign_in.agent_of(signed, at)
    except ProofRefused as error:
        raise Unauthenticated from error
    return str(g.signed_in.agent)


def _signed_request(proof: str) -> SignedRequest:
    query = request.query_string.decode("latin-1")
    target = f"{request.path}?{query}" if query else request.path
    return SignedRequest(proof, request.method, target, request.get_data())
