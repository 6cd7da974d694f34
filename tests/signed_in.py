"""A browser without eyes that somebody has signed in with."""

import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from meloko.accounts.models import User
from tests.make import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class SignedIn:
    """Gets and posts as one person; the token of the forms comes with the page."""

    client: FlaskClient
    token: str

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def read(self, address: str) -> str:
        """Read a page that must be there, its no-break spaces made plain."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return plain(answer.text)

    def post(self, page: str, /, **fields: object) -> TestResponse:
        return self.client.post(page, data={**fields, "csrf_token": self.token})


def sign_in(client: FlaskClient, user: User) -> SignedIn:
    """Sign in at the door of staff and drivers."""
    page = client.get("/equipe/connexion").text
    token = _found(page)
    answer = client.post(
        "/equipe/connexion", data={"email": user.email, "password": PASSWORD, "csrf_token": token, "next": ""}
    )
    assert answer.status_code == 303, plain(answer.text)
    return SignedIn(client, token)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def _found(page: str) -> str:
    match = _TOKEN.search(page)
    assert match is not None, page
    return match[1]
