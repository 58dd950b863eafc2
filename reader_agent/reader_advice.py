"""What an administrator can do where readers can not be used; needs no pyscard."""

from __future__ import annotations

from cardsvc.errors import ReasonCode

_ADVICE = {
    ReasonCode.SERVICE_UNAVAILABLE: (
        "Dịch vụ PC/SC không chạy – PC/SC is not there: sudo systemctl start pcscd.socket"
    ),
    ReasonCode.ACCESS_DENIED: (
        "Không có quyền dùng đầu đọc – not allowed to use readers: "
        "install packaging/polkit/50-cardsvc-pcsc.rules"
    ),
}


def advice(reason: ReasonCode) -> str | None:
    """Return what an administrator can do about a fault of the service, or None."""
    return _ADVICE.get(reason)
