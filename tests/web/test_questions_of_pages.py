"""A page of a customer asks the database six questions at most, whatever is sold; whoever adds a page is held to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from meloko.accounts.services import set_organisation
from tests.customer_pages import Regular, addresses, become_regular, fill_catalogue
from tests.make import Make
from tests.visitor import Visitor

MOST = 6
PRODUCTS = 500


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Write down every question that is asked."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def regular(visitor: Visitor, make: Make) -> Regular:
    make.ask(lambda session: set_organisation(session, name="Les Saules"))
    zone = make.zone()
    points = [make.relay_point(zone, crates=500) for _ in range(3)]
    day = make.day(*points)
    products = [make.product(make.producer(), name="Poireaux") for _ in range(4)]
    fill_catalogue(make, PRODUCTS)
    make.customer(email="autre@meloko.example")
    return become_regular(make, visitor, make.customer(email="yvette@meloko.example"), day, points[0], products)


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "customer"])
def test_a_page_asks_six_questions_at_most_whatever_is_sold(
    app: Flask, engine: Engine, visitor: Visitor, regular: Regular, signed_in: bool
) -> None:
    reader = visitor if signed_in else Visitor(app.test_client())
    pages = addresses(app, engine, regular)
    too_many: dict[str, list[str]] = {}
    not_there: dict[str, int] = {}
    for rule, address in pages.items():
        with counted(engine) as asked:
            answer = reader.client.get(address)
        if len(asked) > MOST:
            too_many[rule] = asked
        if answer.status_code != 200:
            not_there[rule] = answer.status_code

    assert {rule: len(asked) for rule, asked in too_many.items()} == {}, too_many
    if signed_in:
        assert not_there == {}
