import pytest

from tests.driving.driven import Driven, drive
from tests.make import Make


@pytest.fixture
def driven(make: Make) -> Driven:
    return drive(make)
