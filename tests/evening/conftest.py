import pytest
from flask.testing import FlaskClient

from meloko.accounts.models import Role, User
from tests.driving.driven import Driven, drive
from tests.make import Make
from tests.signed_in import SignedIn, sign_in


@pytest.fixture
def driven(make: Make) -> Driven:
    return drive(make)


@pytest.fixture
def clerk(make: Make) -> User:
    return make.user(Role.STAFF)


@pytest.fixture
def staff(client: FlaskClient, clerk: User) -> SignedIn:
    return sign_in(client, clerk)
