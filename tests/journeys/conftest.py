"""Whole flows start from a small running scheme."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)
