"""Databases that can't be used are refused in words that say what to do, and hold no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.engine import Database
from tests.support.databases import PostgresServer
from web.settings import Settings, SettingsError
from web.wiring.database import open_database


def test_a_database_that_can_not_hold_vietnamese_is_refused(
    postgres_start: PostgresServer | str, tmp_path: Path
) -> None:
    if isinstance(postgres_start, str):
        pytest.skip(postgres_start)
    settings = Settings(data_dir=tmp_path, database_url=postgres_start.empty_url_in("LATIN1"))
    with pytest.raises(SettingsError, match="in LATIN1; make one in UTF-8"):
        open_database(settings)


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://cardsvc:b%C3%AD-m%E1%BA%ADt@127.0.0.1:1/cardsvc"
    with pytest.raises(StoreError, match="can't be reached: ") as refused:
        open_database(Settings(data_dir=tmp_path, database_url=url))
    assert refused.value.reason is ReasonCode.SERVICE_UNAVAILABLE
    assert "127.0.0.1" in str(refused.value)
    assert "bí-mật" not in str(refused.value)


def test_a_database_tells_its_encoding(empty_database: Database) -> None:
    assert empty_database.encoding() == "UTF8"
