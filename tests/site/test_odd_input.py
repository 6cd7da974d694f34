"""Every field of the doors of customers and administrators, at its edges: a sentence, never a fault of ours."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import Session, delete

from meloko.accounts.models import Role, SignInAttempt
from meloko.customers.models import ContactChange
from tests.make import Make
from tests.signed_in import sign_in
from tests.visitor import Visitor

ODD = (
    "",
    " ",
    "x" * 10_000,
    "🥕",
    "\u202eمرحبا",
    "<script>alert(1)</script>",
    "a\x00b",
    "'; DROP TABLE customer; --",
    "²",
)
# A sentence beside the field, or on top of the page.
ANSWERED = re.compile(r'class="(?:field__error|summary)')
OPEN = ("/connexion", "/connexion/carte-oubliee", "/bon-de-commande", "/equipe/connexion")
HERS = ("/mon-compte/coordonnees", "/mon-compte/personnes-a-prevenir", "/mon-compte/mes-donnees")
HIS = ("/equipe/organisation", "/equipe/personnes/nouvelle")


class Forms(HTMLParser):
    """Reads the forms of a page that are sent: where to, and what each field holds."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self._address = address
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the one that is open."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") == "post":
            self._inside = True
            self.found.append((given.get("action") or self._address, {}, []))
        elif self._inside and tag in ("input", "textarea", "select") and given.get("name"):
            _, held, fields = self.found[-1]
            if given.get("type") not in ("checkbox", "radio"):
                held[given["name"]] = unescape(given.get("value", ""))
            if given.get("type") != "hidden" and given["name"] not in fields:
                fields.append(given["name"])

    def handle_endtag(self, tag: str) -> None:
        """Close a form."""
        self._inside = self._inside and tag != "form"


def try_every_field(client: FlaskClient, make: Make, address: str) -> int:
    """Send each form of a page once for each odd value of each field; return how many fields there were."""
    forms = Forms(client.get(address).text, address).found
    for action, held, fields in forms:
        for field in fields:
            for odd in ODD:
                # What is tried here is the field, not how often one may try.
                make.ask(_forget_tries)
                answer = client.post(action, data={**held, field: odd})
                where = f"{action} {field} {odd[:20]!r}"
                assert answer.status_code in (200, 302, 303, 404, 409, 422), where
                assert "<script>alert" not in answer.text, where
                assert "Traceback" not in answer.text, where
                if answer.status_code in (409, 422):
                    assert ANSWERED.search(answer.text), where
    return sum(len(fields) for *_, fields in forms)


def _forget_tries(session: Session) -> None:
    session.exec(delete(ContactChange))
    session.exec(delete(SignInAttempt))


@pytest.mark.parametrize("address", OPEN)
def test_nothing_odd_breaks_a_form_that_is_open_to_all(client: FlaskClient, make: Make, address: str) -> None:
    make.customer()
    make.user(Role.STAFF)

    assert try_every_field(client, make, address) >= 1


@pytest.mark.parametrize("address", HERS)
def test_nothing_odd_breaks_a_form_of_a_customer(client: FlaskClient, make: Make, address: str) -> None:
    Visitor(client).sign_in(make.engine, make.customer(email="yvette@client.example"))

    assert try_every_field(client, make, address) >= 1
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", HIS)
def test_nothing_odd_breaks_a_form_of_the_administrator(app: Flask, make: Make, address: str) -> None:
    client = app.test_client()
    sign_in(client, make.user(Role.ADMIN))

    assert try_every_field(client, make, address) >= 3
    assert client.get(address).status_code == 200
