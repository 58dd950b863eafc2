"""What attacks are made against: a small true world, and how a denial is read."""

from __future__ import annotations

import pytest

from tests.support.verification_world import World


@pytest.fixture
def world() -> World:
    return World()
