"""What every command needs: an open installation, and errors as one line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.terms import Realm
from issuance.importing.refusals import RefusedFile
from web.bootstrap import Installation, open_installation
from web.settings import Settings, SettingsError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_ADVICE = {
    ReasonCode.SAME_OPERATOR: "người đề nghị, người duyệt, người cấp là ba người – somebody else",
    ReasonCode.SAME_UNIT: "cơ quan đặt người duyệt ngoài đơn vị – see `cardsvc agency show`",
    ReasonCode.APPLICATION_OPEN: "see `cardsvc application show`",
    ReasonCode.HOLDER_HAS_CARD: "xem `cardsvc application again` – renew or replace the old card",
    ReasonCode.LOSS_OPEN: "see `cardsvc loss list`",
    ReasonCode.LOSS_CASE_UNKNOWN: "see `cardsvc loss list`",
    ReasonCode.APPLICATION_UNKNOWN: "see `cardsvc application list`",
    ReasonCode.CARD_UNKNOWN: "see `cardsvc card list`",
    ReasonCode.IMPORT_UNKNOWN: "see `cardsvc import list`",
    ReasonCode.IMPORT_ROW_UNKNOWN: "see `cardsvc import errors`",
    ReasonCode.IMPORT_ROW_SETTLED: "somebody settled it: see `cardsvc import errors`",
    ReasonCode.HOLDER_UNKNOWN: "see `cardsvc holder find`",
    ReasonCode.AGENCY_UNKNOWN: "see `cardsvc agency list`",
    ReasonCode.JOB_UNKNOWN: "see `cardsvc desk jobs`",
    ReasonCode.UNBLOCK_UNKNOWN: "see `cardsvc card unblock-list`",
    ReasonCode.CONCURRENT_CHANGE: "somebody changed it in between: look again",
    ReasonCode.FACE_TEXT_TOO_LONG: "shorten it in the record, or give the layout more room",
    ReasonCode.FACE_FIELD_MISSING: "complete the record; a portrait is given by --photo",
    ReasonCode.BLANK_REQUIRED: "phôi nào – name the blank with --blank",
    ReasonCode.BLANK_UNKNOWN: "see `cardsvc stock list`; take a delivery in with `stock receive`",
    ReasonCode.BLANK_NOT_IN_STOCK: "see `cardsvc stock show`",
    ReasonCode.STOCK_KEEPER_UNKNOWN: "see `cardsvc stock keepers`",
    ReasonCode.STOCK_NOT_COUNTED: "kiểm kê – `cardsvc stock count`, then close the day",
    ReasonCode.STOCK_DIFFERENCES: "book what became of each: lose, find, issue or receive",
    ReasonCode.PRIVACY_REQUEST_UNKNOWN: "see `cardsvc privacy list`",
    ReasonCode.DOOR_ORDER_UNKNOWN: "see `cardsvc door orders`, `cardsvc agent list`",
    ReasonCode.DOOR_ORDER_OVER: "đã quá hạn hoặc đã quyết định – ask anew",
    ReasonCode.SETTINGS_UNKNOWN: "see `cardsvc agent settings`",
    ReasonCode.SETTINGS_CHANGED: "see `cardsvc agent list`, `cardsvc agent settings`",
    ReasonCode.CORRECTION_UNKNOWN: "see `cardsvc attendance list`",
    ReasonCode.ERASURE_HELD: "chưa được xóa – these stand against it; refuse or wait",
    ReasonCode.HOLDER_RESTRICTED: "hạn chế xử lý – lift the restriction first",
    ReasonCode.RELYING_PARTY_UNKNOWN: "see `cardsvc partner list`",
    ReasonCode.PARTNER_KEY_UNKNOWN: "see `cardsvc partner key list`",
    ReasonCode.PARTNER_KEY_TAKEN: "khóa đã có – see `cardsvc partner key list`",
    ReasonCode.DECISION_UNKNOWN: "mã quyết định là jti của biên nhận – a receipt's `jti` names it",
    ReasonCode.WITNESS_MISSING: "xin đồng ký – ask one: `cardsvc audit witness ask`",
    ReasonCode.VAULT_SEALED: "the passphrase is wrong or missing",
}


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """Open the service; say what is wrong in one line instead of a traceback."""
    try:
        installation = open_installation(settings)
    except (CardsvcError, SettingsError) as error:
        raise click.ClickException(error_line(error)) from error
    except OSError as error:
        where = error.filename or settings.data_dir
        raise click.ClickException(f"{where}: {error.strerror}") from error
    try:
        yield installation
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    finally:
        installation.close()


def error_line(error: Exception) -> str:
    """Return an error as one line for the terminal, with advice where there is any."""
    if not isinstance(error, CardsvcError):
        return str(error)
    advice = _ADVICE.get(error.reason)
    message = f"{error.vi} – {error}" if isinstance(error, RefusedFile) else str(error)
    if message != error.reason.value:
        message = f"{error.reason.value}: {message}"
    return f"{message} ({advice})" if advice else message


class Guid(click.ParamType[CardGuid]):
    """A card's GUID, with or without ``urn:uuid:``."""

    name = "guid"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> CardGuid:
        """Return the GUID."""
        try:
            return value if isinstance(value, CardGuid) else CardGuid.parse(str(value))
        except Malformed:
            self.fail(f"{value!r} is not a card's GUID; see `cardsvc card list`", param, ctx)


OPERATOR = click.option("--operator", required=True, help="who does it; stands in the audit log")
GUID = Guid()


class RealmName(click.ParamType[Realm]):
    """A realm by its name."""

    name = "realm"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Realm:
        """Return the realm."""
        try:
            return Realm(str(value))
        except ValueError:
            self.fail(f"{value!r}: production or sandbox", param, ctx)


REALM = click.option(
    "--realm",
    type=RealmName(),
    default=Realm.PRODUCTION.value,
    show_default=True,
    help="môi trường – true cards (production) or test cards (sandbox)",
)
