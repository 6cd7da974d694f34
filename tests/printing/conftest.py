"""A small planned day for each test of printing."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.make import Make
from tests.printing.days import Printed, a_day


@pytest.fixture
def printed(engine: Engine, make: Make, tmp_path: Path) -> Printed:
    """Put a planned day in."""
    return a_day(engine, make, tmp_path)
