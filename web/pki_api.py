"""What a realm's cards, credentials, receipts and passes are checked with, each realm by itself.

``/pki/production`` has what stands under ``/.well-known``, too; ``/pki/sandbox`` is for partners
who test. Whoever believes one of them believes nothing of the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort

from cardsvc.terms import Realm
from cardsvc.wire.fields import encode_object
from cardsvc.wire.kinds import Kind, Word
from web.documents import ASK_EACH_TIME, FOR_AN_HOUR, open_to_browsers, send_plain
from web.openapi.key_sets import KEY_SET
from web.openapi.operation import Caller, Media, Tag, operation
from web.services import Services

PEM, _JWT = "application/x-pem-file", "application/jwt"
_PATH: Mapping[str, Kind] = {"realm": Word(Realm, about="true cards, or test cards")}


def pki_api(services: Services) -> Blueprint:
    """Return the blueprint of each realm's anchors and public keys; no token is asked."""
    views = Blueprint("pki_api", __name__, url_prefix="/pki")

    @views.get("/<realm>/anchors.pem")
    @operation(
        "Chứng thư CA gốc và các CA cấp thẻ của một môi trường",
        "A realm's root and issuing CAs, PEM",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=Media(PEM), path=_PATH, refusals=(404,),
    )  # fmt: skip
    def anchors(realm: str) -> Response:
        body = services.status.anchors(_realm(realm))
        return open_to_browsers(send_plain(body, PEM, cache=FOR_AN_HOUR))

    @views.get("/<realm>/jwks.json")
    @operation(
        "Khóa kiểm tra biên nhận và danh sách trạng thái của một môi trường",
        "The keys that a realm's receipts and status lists are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET, path=_PATH, refusals=(404,),
    )  # fmt: skip
    def token_keys(realm: str) -> Response:
        return _keys(services.status.jwks(_realm(realm)))

    @views.get("/<realm>/card-credential-keys.json")
    @operation(
        "Khóa kiểm tra mã QR trên thẻ của một môi trường",
        "The keys that QR codes on a realm's cards are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET, path=_PATH, refusals=(404,),
    )  # fmt: skip
    def credential_keys(realm: str) -> Response:
        return _keys(services.credential_keys(_realm(realm)))

    @views.get("/<realm>/visitor-pass-keys.json")
    @operation(
        "Khóa kiểm tra giấy ra vào của một môi trường",
        "The keys that a realm's visitor passes are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET, path=_PATH, refusals=(404,),
    )  # fmt: skip
    def pass_keys(realm: str) -> Response:
        return _keys(services.flows.visitors.signers[_realm(realm)].jwks())

    @views.get("/<realm>/visitor-passes")
    @operation(
        "Giấy ra vào đã thu hồi, theo môi trường",
        "The visitor passes that were revoked, as a realm's JWT",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=Media(_JWT), path=_PATH, refusals=(404,),
    )  # fmt: skip
    def revoked_passes(realm: str) -> Response:
        token = services.flows.visitors.revoked_list(services.clock.now(), _realm(realm))
        return open_to_browsers(send_plain(token.encode("ascii"), _JWT, cache=ASK_EACH_TIME))

    return views


def _keys(key_set: Mapping[str, object]) -> Response:
    body = encode_object(dict(key_set))
    return open_to_browsers(send_plain(body, "application/json", cache=FOR_AN_HOUR))


def _realm(text: str) -> Realm:
    try:
        return Realm(text)
    except ValueError:
        abort(404)
