from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rehearsal_pki import RehearsalPki, make_rehearsal_pki


@pytest.fixture
def rehearsal(tmp_path: Path) -> RehearsalPki:
    """A CA side of its own for each test."""
    return make_rehearsal_pki(tmp_path / "vault")
