"""An operator's scope where holders and agencies are concerned."""

from __future__ import annotations

from datetime import date

from cardsvc.access_records import ALL_AGENCIES, Operator
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.records import Holder
from issuance.registry.ports import AgencyStore
from web.console.formats import VIETNAM
from web.console.services import ConsoleServices
from web.console.visitor import request_instant


def covers_holder(operator: Operator, holder: Holder) -> bool:
    """Tell whether a holder's record is in an operator's scope: by the managing agency."""
    post = holder.employment
    return operator.covers(post.agency_code.value if post else None)


def present_day(services: ConsoleServices) -> date:
    """Return the day it is in Vietnam."""
    return request_instant(services).astimezone(VIETNAM).date()


def agencies_to_search(
    operator: Operator, asked: AgencyCode | None, agencies: AgencyStore, services: ConsoleServices
) -> tuple[AgencyCode, ...] | None:
    """Return the agencies whose holders a list may hold, None for every holder.

    Args:
        operator: who asks.
        asked: an agency that the list is narrowed to, with those below it and those that became
            one of them.
        agencies: the registry.
        services: tell the day.
    """
    if asked is None:
        if ALL_AGENCIES in operator.agencies:
            return None
        return tuple(AgencyCode.parse(one) for one in sorted(operator.agencies))
    day = present_day(services)
    book = agencies.book()
    wanted = book.with_predecessors(book.subtree(asked, day), day)
    return tuple(one for one in wanted if operator.covers(one.value))
