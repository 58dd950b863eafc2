"""Decisions that were made offline, in a sentence: "opened 10:02 on a list 40 minutes old"."""

from __future__ import annotations

from cardsvc.clock import VIETNAM_TIME
from cardsvc.lifecycle import CardState
from verification.reconcile import Finding, Reconciled
from web.console.languages import Text

FINDINGS = {
    Finding.AGREES: (Text("Khớp", "Agrees"), "good"),
    Finding.GRANTED_AFTER_END: (
        Text("Mở cho thẻ đã mất hiệu lực", "Granted after its end"), "bad"
    ),
    Finding.GRANTED_UNKNOWN: (Text("Mở cho thẻ lạ", "Granted to an unknown card"), "bad"),
    Finding.REFUSED_THOUGH_ACTIVE: (
        Text("Từ chối thẻ đang dùng", "Refused an active card"), "warning"
    ),
    Finding.AHEAD_OF_TIME: (Text("Giờ của thiết bị sai", "The agent's time is wrong"), "warning"),
    Finding.UNREADABLE: (Text("Không đọc được", "Unreadable"), "bad"),
}  # fmt: skip
_STATES = {
    CardState.SUSPENDED: Text("bị khóa", "locked"),
    CardState.REVOKED: Text("đã thu hồi", "revoked"),
    CardState.REPLACED: Text("đã thay thẻ", "replaced"),
    CardState.DESTROYED: Text("đã hủy", "destroyed"),
    CardState.ACTIVE: Text("đang dùng", "active"),
}
_NOT_IN_USE = Text("chưa dùng được", "not in use")


def sentence(one: Reconciled) -> Text:
    """Return what was decided and what was known then, with the times of a Vietnamese clock."""
    decision, known, age = one.decision, one.known, one.list_age
    if decision is None or age is None:
        return Text("không đọc được", "unreadable")
    at = decision.at.astimezone(VIETNAM_TIME)
    minutes = int(age.total_seconds() // 60)
    done = Text("mở", "opened") if decision.granted else Text("từ chối", "refused")
    vi = f"{done.vi} lúc {at:%H:%M} theo danh sách cũ {minutes} phút"
    en = f"{done.en} {at:%H:%M} on a list {minutes} minutes old"
    if one.finding is Finding.GRANTED_UNKNOWN:
        vi, en = f"{vi}; không có thẻ này", f"{en}; there is no such card"
    elif one.finding is Finding.AHEAD_OF_TIME:
        vi, en = f"{vi}; giờ của thiết bị sai", f"{en}; the agent's time is wrong"
    elif known is not None:
        since = known.at.astimezone(VIETNAM_TIME)
        when = f"{since:%H:%M}" if since.date() == at.date() else f"{since:%d/%m %H:%M}"
        state = _STATES.get(known.state, _NOT_IN_USE)
        vi, en = f"{vi}; {state.vi} từ {when}", f"{en}; {state.en} since {when}"
    return Text(vi, en)
