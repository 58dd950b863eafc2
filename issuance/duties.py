"""Separation of duties: requester, approver and issuer of one card are three people.

The issuer is whoever personalises the card or hands it over. The database checks the three people
once more.
"""

from __future__ import annotations

from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.operator_key import operator_key
from cardsvc.records import Application


def require_second_person(application: Application, approver: str) -> None:
    """Accept an approver who is not the requester.

    Raises:
        IssuanceError: SAME_OPERATOR.
    """
    if operator_key(approver) == operator_key(application.requested_by):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "the requester can't approve")


def require_third_person(application: Application, issuer: str) -> None:
    """Accept an issuer who neither asked for the card nor approved it.

    Raises:
        IssuanceError: SAME_OPERATOR.
    """
    others = (application.requested_by, application.approved_by)
    if operator_key(issuer) in {operator_key(one) for one in others if one}:
        raise IssuanceError(
            ReasonCode.SAME_OPERATOR, "the requester or approver can't issue the card"
        )
