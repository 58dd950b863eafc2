"""The partners' door over the database."""

from __future__ import annotations

from collections.abc import Callable

from cardsvc.store.answered_requests import SqlAnsweredRequests
from cardsvc.store.engine import Database
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.partner_tokens import SqlPartnerTokens
from cardsvc.store.request_windows import SqlRequestWindows
from cardsvc.store.sealed import Sealer
from web.oauth_api import TOKEN_PATH
from web.partners.door import PartnerDoor
from web.partners.limits import RequestQuota
from web.partners.request_names import NamedRequests
from web.partners.services import PartnerServices, over_tls
from web.partners.token_desk import TokenDesk
from web.settings import Settings, SettingsError


def wire_partners(
    settings: Settings,
    database: Database,
    sealer: Sealer,
    random_octets: Callable[[int], bytes],
) -> PartnerServices:
    """Return what the views of partners use.

    Raises:
        SettingsError: a certificate's header is to be believed, but from no proxy.
    """
    if settings.client_certificate_header and not settings.proxy_hops:
        raise SettingsError("client_certificate_header needs proxy_hops: it comes from a proxy")
    base_url = settings.base_url
    tokens = SqlPartnerTokens(database)
    names = {base_url, over_tls(base_url)}
    audiences = frozenset(names | {name + TOKEN_PATH for name in names})
    quota = RequestQuota(SqlRequestWindows(database))
    return PartnerServices(
        PartnerDoor(tokens),
        TokenDesk(SqlPartnerStore(database), tokens, quota, audiences, random_octets),
        quota,
        NamedRequests(SqlAnsweredRequests(database, sealer)),
        base_url,
        settings.client_certificate_header,
    )
