"""Who may enter where: every view for every role, against the table that people read."""

import csv
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from meloko.accounts.access import COOKIE, audience
from meloko.accounts.models import Role
from meloko.accounts.services import WORK_ENDS, open_sign_in
from tests.make import Make

TABLE = Path(__file__).parent.parent.parent / "docs" / "access.csv"
ROLES = [Role.CUSTOMER, Role.DRIVER, Role.STAFF, Role.ADMIN, Role.HOST, Role.PARTNER, Role.PRODUCER]
NOBODY_HAS = 999_999


def _views(app: Flask) -> list[Rule]:
    return sorted((rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"), key=lambda rule: rule.rule)


def _may_enter(app: Flask, rule: Rule) -> frozenset[Role]:
    return audience(app.view_functions[rule.endpoint]) or frozenset()


def _address(rule: Rule) -> str:
    values = {name: "nobody" if "id" not in name else NOBODY_HAS for name in rule.arguments}
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


def _knock(client: FlaskClient, rule: Rule) -> TestResponse:
    address = _address(rule)
    return client.get(address) if "GET" in (rule.methods or ()) else client.post(address)


def test_the_table_of_access_says_what_the_doors_do(app: Flask) -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        written = {(row["address"], row["methods"]): row["open to"] for row in csv.DictReader(file)}

    stated = {
        (rule.rule, " ".join(sorted((rule.methods or set()) & {"GET", "POST"}))): " ".join(
            sorted(_may_enter(app, rule))
        )
        for rule in _views(app)
    }
    assert written == stated


def test_a_visitor_finds_no_door_but_the_open_ones(app: Flask) -> None:
    client = app.test_client()

    for rule in _views(app):
        answer = _knock(client, rule)
        if Role.VISITOR in _may_enter(app, rule):
            assert answer.status_code < 500, rule
        else:
            sent_to_sign_in = answer.status_code == 303 and "/connexion" in answer.headers["Location"]
            assert sent_to_sign_in or answer.status_code in (400, 404), rule


@pytest.mark.parametrize("role", ROLES)
def test_each_role_enters_its_own_doors_and_no_other(app: Flask, make: Make, role: Role) -> None:
    user = make.user(role)
    signed_in = make.ask(open_sign_in, user, WORK_ENDS, WORK_ENDS)
    client = app.test_client()
    client.set_cookie(COOKIE, signed_in.token)

    for rule in _views(app):
        answer = _knock(client, rule)
        if _may_enter(app, rule) & {role, Role.VISITOR}:
            # What nobody has is not found, what is sent without its token is refused: never a fault of ours.
            assert answer.status_code < 500, (rule, answer.status_code)
        else:
            assert answer.status_code in (400, 404), (rule, answer.status_code)
            assert "Internal" not in answer.text
