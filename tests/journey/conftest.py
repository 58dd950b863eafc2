"""Journeys run against a whole service on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import CHROMIUM, WHY_NOT, open_chromium
from tests.support.databases import PostgresServer
from tests.support.installations import ServiceUnderTest, serve


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all modules: a process drives one Playwright at a time."""
    if CHROMIUM is None:
        pytest.skip(WHY_NOT)
    with open_chromium() as browser:
        yield browser


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def service_on_either_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceUnderTest]:
    url = ""
    if request.param == "postgresql":
        started: PostgresServer | str = request.getfixturevalue("postgres_start")
        if isinstance(started, str):
            pytest.skip(started.splitlines()[0])
        url = started.migrated_url()
    with serve(tmp_path_factory.mktemp("service"), url) as running:
        yield running
