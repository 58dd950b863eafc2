"""Journeys run against a whole service on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installations import ServiceUnderTest, serve


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running
