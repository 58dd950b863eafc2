"""What an endpoint says of itself: written above its view, read by the OpenAPI document.

::

    @views.post("/challenges")
    @operation(
        "Mở thử thách", "Open a challenge",
        caller=Caller.PARTNER, tag=Tag.TAP, body=ChallengeRequest, answer=ChallengeMessage,
    )
    def open_challenge() -> Response: ...

Messages are declared where they are parsed (``cardsvc.wire.message``), so their schemas are not
repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import TypeVar

from cardsvc.wire.kinds import Kind, Schema
from cardsvc.wire.message import Message

_ATTRIBUTE = "api_operation"
View = TypeVar("View", bound=Callable[..., object])


@unique
class Caller(Enum):
    """Who may call an endpoint."""

    AGENT = "agent"
    PARTNER = "partner"
    ANYONE = "anyone"


@unique
class Tag(Enum):
    """The chapters of the reference: Vietnamese name, English name."""

    TAP = ("Chạm thẻ", "Taps")
    SESSIONS = ("Phiên quầy", "Counter sessions")
    LOOKUP = ("Tra cứu", "Look-ups")
    CREDENTIALS = ("Mã QR và giấy ra vào", "QR credentials and passes")
    EVENTS = ("Sự kiện", "Events")
    TOKENS = ("Mã truy cập", "Access tokens")
    DESK = ("Bàn cấp thẻ", "Issuing desk")
    AGENTS = ("Tác tử đầu đọc", "Reader agents")
    STATUS = ("Trạng thái và khóa công khai", "Status documents and public keys")
    HEALTH = ("Vận hành", "Operations")


@dataclass(frozen=True, slots=True)
class Media:
    """A body that is not one of our messages.

    Args:
        content_type: its media type.
        schema: its JSON Schema; empty for octets.
        example: one, as it was really sent; None for none.
    """

    content_type: str
    schema: Schema = field(default_factory=dict)
    example: object = None


Body = type[Message] | Media


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or a header.

    Args:
        name: its name.
        kind: what it holds, and what it is about.
        required: without it the request is refused.
        where: ``query`` or ``header``.
    """

    name: str
    kind: Kind
    required: bool = False
    where: str = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint's part of the contract.

    Args:
        vi: what it does, in Vietnamese.
        en: the same in English.
        caller: who may call it.
        tag: its chapter.
        answers: what it answers; several where it depends.
        status: the status of its answers.
        body: what it takes; None for nothing.
        parameters: of its query and headers.
        path: kinds of the path's variables; those not named are plain text or numbers.
        refusals: further statuses of problem documents.
        refusal_bodies: statuses whose body is not a problem document.
        scope: the OAuth scope that a partner's token needs; empty for none.
    """

    vi: str
    en: str
    caller: Caller
    tag: Tag
    answers: tuple[Body, ...]
    status: int = 200
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    path: Mapping[str, Kind] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()
    scope: str = ""
    refusal_bodies: Mapping[int, Body] = field(default_factory=dict)


def operation(
    vi: str,
    en: str,
    *,
    caller: Caller,
    tag: Tag,
    answer: Body | tuple[Body, ...],
    status: int = 200,
    body: Body | None = None,
    parameters: tuple[Parameter, ...] = (),
    path: Mapping[str, Kind] | None = None,
    refusals: tuple[int, ...] = (),
    scope: str = "",
    refusal_bodies: Mapping[int, Body] | None = None,
) -> Callable[[View], View]:
    """Declare a view's part of the contract; see ``Operation``."""
    answers = answer if isinstance(answer, tuple) else (answer,)
    told = Operation(
        vi, en, caller, tag, answers, status, body, parameters, path or {}, refusals, scope,
        refusal_bodies or {},
    )  # fmt: skip

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, told)
        return view

    return declare


def operation_of(view: object) -> Operation | None:
    """Return what a view declared, None where it declared nothing."""
    found = getattr(view, _ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None
